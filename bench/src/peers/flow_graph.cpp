// A graph of oneTBB's continue_nodes, which is what its documentation recommends for dependency graphs. They carry
// no values, so each body reads those of the tasks before it and writes its own into an array.
//
// Reads the number of tasks and what each waits for, then words: for each `round` it builds and runs the graph and
// answers with a line of the nanoseconds of both, the bytes by which this grew the process in the first round, and
// the value of the last task; anything else ends it.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <oneapi/tbb/flow_graph.h>

namespace flow = oneapi::tbb::flow;
using Node = flow::continue_node<flow::continue_msg>;
using Clock = std::chrono::steady_clock;

// What the process has in memory. Not getrusage's peak, which begins with that of the process that started this one.
static long long memory() {
    long long all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

static long long nanoseconds(Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

int main() {
    std::ios::sync_with_stdio(false);
    size_t n = 0;
    std::cin >> n;
    std::vector<std::vector<uint32_t>> before(n);
    for (auto &tasks : before) {
        size_t count = 0;
        std::cin >> count;
        tasks.resize(count);
        for (auto &task : tasks) std::cin >> task;
    }

    std::vector<uint64_t> values(n);
    const long long memory_before = memory();
    long long growth = -1;
    for (std::string word; std::cin >> word && word == "round";) {
        const auto begun = Clock::now();
        flow::graph graph;
        std::deque<Node> nodes;
        for (size_t i = 0; i < n; ++i) {
            nodes.emplace_back(graph, [&values, &tasks = before[i], i](const flow::continue_msg &) {
                uint64_t sum = 1;
                for (uint32_t task : tasks) sum += values[task];
                values[i] = sum;
                return flow::continue_msg();
            });
            for (uint32_t task : before[i]) flow::make_edge(nodes[task], nodes[i]);
        }
        const auto built = Clock::now();
        for (size_t i = 0; i < n; ++i) {
            if (before[i].empty()) nodes[i].try_put(flow::continue_msg());
        }
        graph.wait_for_all();
        const auto ended = Clock::now();
        if (growth < 0) growth = memory() - memory_before;
        std::cout << nanoseconds(built - begun) << ' ' << nanoseconds(ended - built) << ' ' << growth << ' '
                  << static_cast<int64_t>(values[n - 1]) << std::endl;
    }
}
