//! What a plan looks like.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/body.rs"]
mod body;
#[path = "support/parameter.rs"]
mod parameter;

use body::{definition, instance};
use parameter::parameter;
use taskloom_core::{Fragment, GroupSettings, Lookup, Mark, Plan, Policy, State, Workflow, chain, parallel};

/// A task of the definition `step`.
fn step(id: &str) -> Fragment {
    (&instance(&definition("step", vec![], Lookup::ByName), id)).into()
}

fn steps<const N: usize>() -> [Fragment; N] {
    let mut letters = ('a'..='z').map(|letter| step(&letter.to_string()));
    std::array::from_fn(|_| letters.next().unwrap())
}

fn plan(fragments: impl IntoIterator<Item = Fragment>) -> Plan {
    Plan::compile(&workflow(fragments), None).unwrap()
}

fn workflow(fragments: impl IntoIterator<Item = Fragment>) -> Workflow {
    let mut workflow = Workflow::new("w");
    for fragment in fragments {
        workflow.join(&fragment).unwrap();
    }
    workflow
}

fn group(name: &str, policy: Policy, members: impl IntoIterator<Item = Fragment>) -> Fragment {
    let settings = GroupSettings { name: Some(name.to_owned()), policy, ..GroupSettings::default() };
    parallel(members).unwrap().with_settings(settings).unwrap()
}

/// `fetch >> (outer: tokyo >> (inner: a | b) | paris) >> report >> fetch`
fn nested() -> Plan {
    let [a, b] = steps();
    let inner = group("inner", Policy::BestEffort, [a, b]);
    let outer = group("outer", Policy::Strict, [step("tokyo").then(inner), step("paris")]);
    let fetch = Fragment::from(&instance(&definition("fetch", vec![parameter("city", true)], Lookup::ByName), "fetch"));
    plan([chain([fetch.clone(), outer, step("report"), fetch]).unwrap()])
}

fn assert_lines(drawing: &str, expected: &[&str]) {
    assert!(drawing.ends_with('\n'));
    assert_eq!(drawing.lines().collect::<Vec<_>>(), expected, "\n{drawing}");
}

#[test]
fn c_02_mermaid_draws_groups_as_subgraphs_with_edges_of_their_own() {
    assert_lines(
        &nested().to_mermaid(),
        &[
            "flowchart TD",
            "    n0[\"fetch\"]",
            "    subgraph g1[\"outer\"]",
            "        n1[\"tokyo<br>step\"]",
            "        subgraph g0[\"inner #40;best effort#41;\"]",
            "            n2[\"a<br>step\"]",
            "            n3[\"b<br>step\"]",
            "        end",
            "        n4[\"paris<br>step\"]",
            "    end",
            "    n5[\"report<br>step\"]",
            "    n0 --> g1",
            "    n1 --> g0",
            "    g1 --> n5",
            "    n5 -.-> n0",
        ],
    );
}

#[test]
fn c_02_dot_draws_groups_as_clusters_with_edges_of_their_own() {
    assert_lines(
        &nested().to_dot(),
        &[
            "digraph \"w\" {",
            "    compound=true;",
            "    node [shape=box];",
            "    n0 [label=\"fetch\"];",
            "    subgraph cluster_1 {",
            "        label=\"outer\";",
            "        n1 [label=\"tokyo\\nstep\"];",
            "        subgraph cluster_0 {",
            "            label=\"inner (best effort)\";",
            "            n2 [label=\"a\\nstep\"];",
            "            n3 [label=\"b\\nstep\"];",
            "        }",
            "        n4 [label=\"paris\\nstep\"];",
            "    }",
            "    n5 [label=\"report\\nstep\"];",
            "    n0 -> n1 [lhead=cluster_1];",
            "    n1 -> n2 [lhead=cluster_0];",
            "    n4 -> n5 [ltail=cluster_1];",
            "    n5 -> n0 [style=dashed];",
            "}",
        ],
    );
}

#[test]
fn c_02_ascii_lists_groups_as_blocks() {
    assert_lines(
        &nested().to_ascii(),
        &[
            "workflow `w`: 6 tasks, 2 groups",
            "├─ fetch ─▶ outer",
            "├─ outer ─▶ report",
            "│  ├─ tokyo (step) ─▶ inner",
            "│  ├─ inner (best effort)",
            "│  │  ├─ a (step)",
            "│  │  └─ b (step)",
            "│  └─ paris (step)",
            "└─ report (step) ─▶ ↺ fetch",
        ],
    );
}

#[test]
fn c_02_an_edge_from_group_to_group() {
    let [a, b, c, d] = steps();
    let plan = plan([group("x", Policy::Strict, [a, b]).then(group("y", Policy::AtLeast(1), [c, d]))]);
    assert!(plan.to_mermaid().ends_with("    end\n    g0 --> g1\n"), "{}", plan.to_mermaid());
    assert!(plan.to_dot().ends_with("    n1 -> n2 [ltail=cluster_0, lhead=cluster_1];\n}\n"), "{}", plan.to_dot());
    assert!(plan.to_ascii().contains("\n├─ x ─▶ y\n"), "{}", plan.to_ascii());
    assert!(plan.to_ascii().contains("\n└─ y (at least 1)\n"), "{}", plan.to_ascii());
}

#[test]
fn c_05_drawings_are_in_the_order_of_composition_and_listings_in_topological_order() {
    let [a, b, c] = steps();
    let plan = plan([c.clone(), a.clone().then(b.clone()), b.then(c)]);
    assert_lines(
        &plan.to_mermaid(),
        &[
            "flowchart TD",
            "    n0[\"c<br>step\"]",
            "    n1[\"a<br>step\"]",
            "    n2[\"b<br>step\"]",
            "    n1 --> n2",
            "    n2 --> n0",
        ],
    );
    assert_lines(
        &plan.to_ascii(),
        &["workflow `w`: 3 tasks, 0 groups", "├─ a (step) ─▶ b", "├─ b (step) ─▶ c", "└─ c (step)"],
    );
}

#[test]
fn c_09_a_task_that_follows_itself() {
    let [a] = steps();
    let plan = plan([a.clone().then(a)]);
    assert!(plan.to_mermaid().ends_with("    n0 -.-> n0\n"));
    assert!(plan.to_dot().ends_with("    n0 -> n0 [style=dashed];\n}\n"));
    assert_lines(&plan.to_ascii(), &["workflow `w`: 1 task, 0 groups", "└─ a (step) ─▶ ↺ a"]);
}

#[test]
fn c_08_a_group_that_shares_tasks_is_drawn_as_where_it_begins_and_ends() {
    let [a, b, c, d] = steps();
    let first = group("first", Policy::Strict, [a.clone(), b]);
    let second = group("second", Policy::BestEffort, [a, c]);
    let plan = plan([first.then(d), chain([step("e"), second, step("f")]).unwrap()]);
    assert_lines(
        &plan.to_mermaid(),
        &[
            "flowchart TD",
            "    subgraph g0[\"first\"]",
            "        n0[\"a<br>step\"]",
            "        n1[\"b<br>step\"]",
            "    end",
            "    n2[\"d<br>step\"]",
            "    n3[\"e<br>step\"]",
            "    g1in(\"second<br>begins\")",
            "    n4[\"c<br>step\"]",
            "    g1out(\"second #40;best effort#41;<br>ends\")",
            "    n5[\"f<br>step\"]",
            "    n0 --> g1out",
            "    g0 --> n2",
            "    n3 --> g1in",
            "    n4 --> g1out",
            "    g1in --> n0",
            "    g1in --> n4",
            "    g1out --> n5",
        ],
    );
    assert!(plan.to_dot().contains("    g1in [label=\"second\\nbegins\", shape=ellipse];\n"));
    assert_lines(
        &plan.to_ascii(),
        &[
            "workflow `w`: 6 tasks, 2 groups",
            "├─ first ─▶ d",
            "│  ├─ b (step)",
            "│  └─ a (step)",
            "├─ e (step) ─▶ second",
            "├─ d (step)",
            "├─ c (step)",
            "├─ second (best effort) = a | c ─▶ f",
            "└─ f (step)",
        ],
    );
}

#[test]
fn c_09_a_group_that_its_own_task_leads_to_is_drawn_as_where_it_begins_and_ends() {
    let [a, b] = steps();
    let group = group("g", Policy::Strict, [a.clone(), b]);
    let plan = plan([a.then(group.clone()), group.clone().then(group)]);
    assert_lines(
        &plan.to_mermaid(),
        &[
            "flowchart TD",
            "    g0in(\"g<br>begins\")",
            "    n0[\"a<br>step\"]",
            "    n1[\"b<br>step\"]",
            "    g0out(\"g<br>ends\")",
            "    n0 -.-> g0in",
            "    n0 --> g0out",
            "    n1 --> g0out",
            "    g0in --> n0",
            "    g0in --> n1",
            "    g0out -.-> g0in",
        ],
    );
    assert_lines(
        &plan.to_ascii(),
        &["workflow `w`: 2 tasks, 1 group", "├─ a (step) ─▶ ↺ g", "├─ b (step)", "└─ g = a | b ─▶ ↺ g"],
    );
}

#[test]
fn c_07_a_plan_from_a_start_node_shows_what_it_runs() {
    let [a, b, c, d] = steps();
    let workflow = workflow([a.then(group("g", Policy::Strict, [b, c])).then(d)]);
    let plan = Plan::compile(&workflow, Some("b")).unwrap();
    assert_lines(
        &plan.to_mermaid(),
        &[
            "flowchart TD",
            "    subgraph g0[\"g\"]",
            "        n1[\"b<br>step\"]",
            "    end",
            "    n3[\"d<br>step\"]",
            "    g0 --> n3",
        ],
    );
    assert_lines(&plan.to_ascii(), &["workflow `w`: 2 tasks, 1 group", "├─ g ─▶ d", "│  └─ b (step)", "└─ d (step)"]);
}

#[test]
fn i_08_texts_are_escaped() {
    // An id, and what it is in Mermaid and in dot.
    let texts = [
        ("end", "end", "end"),
        ("a\"b", "a#quot;b", "a\\\"b"),
        ("x[1]", "x[1]", "x[1]"),
        ("<b>", "#lt;b#gt;", "<b>"),
        ("a|b", "a#124;b", "a|b"),
        ("🦀", "🦀", "🦀"),
        ("a\\n", "a#92;n", "a\\\\n"),
        ("&lt;", "#amp;lt#59;", "&amp;lt;"),
        ("`*m*`", "#96;#42;m#42;#96;", "`*m*`"),
        ("_a_b", "#95;a_b", "_a_b"),
        ("%%{c}", "#37;#37;#123;c#125;", "%%{c}"),
        ("1. a.b", "1#46; a.b", "1. a.b"),
        ("style:#f;", "style#58;#35;f#59;", "style:#f;"),
        ("direction TB", "direction#32;TB", "direction TB"),
    ];
    for (id, mermaid, dot) in texts {
        let plan = plan([group("g", Policy::Critical(vec![id.to_owned()]), [step(id)])]);
        let drawing = plan.to_mermaid();
        assert!(drawing.contains(&format!("n0[\"{mermaid}<br>step\"]\n")), "{drawing}");
        assert!(drawing.contains(&format!("g0[\"g #40;critical#58; {mermaid}#41;\"]\n")), "{drawing}");
        let drawing = plan.to_dot();
        assert!(drawing.contains(&format!("n0 [label=\"{dot}\\nstep\"];\n")), "{drawing}");
        assert!(drawing.contains(&format!("label=\"g (critical: {dot})\";\n")), "{drawing}");
        let listing = plan.to_ascii();
        assert!(listing.ends_with(&format!("\n   └─ {id} (step)\n")), "{listing}");
    }
}

#[test]
fn i_08_the_name_of_a_workflow_stays_in_its_line() {
    let mut workflow = Workflow::new("two\n\"lines\"");
    workflow.join(&step("a")).unwrap();
    let plan = Plan::compile(&workflow, None).unwrap();
    assert!(plan.to_dot().starts_with("digraph \"two \\\"lines\\\"\" {\n"));
}

#[test]
fn c_03_a_large_listing_is_cut() {
    let ids = (0..100_000).map(|number| step(&format!("t{number}")));
    let plan = plan([chain(ids).unwrap()]);
    let listing = plan.to_ascii();
    assert_eq!(listing.lines().count(), 201);
    assert_eq!(listing.lines().nth(199), Some("├─ t198 (step) ─▶ t199"));
    assert_eq!(listing.lines().last(), Some("… and 99801 more"));
    assert_eq!(plan.to_mermaid().lines().count(), 1 + 100_000 + 99_999);
}

#[test]
fn c_03_a_listing_that_fits_is_not_cut() {
    let listing = |count| plan([chain((0..count).map(|number| step(&format!("t{number}")))).unwrap()]).to_ascii();
    assert_eq!(listing(199).lines().last(), Some("└─ t198 (step)"));
    assert_eq!(listing(200).lines().last(), Some("… and 1 more"));
}

#[test]
fn c_03_much_that_follows_is_cut() {
    let members: Vec<Fragment> = (0..100_000).map(|number| step(&format!("t{number}"))).collect();
    let x = step("x");
    let plan = plan(members.into_iter().map(|member| x.clone().then(member)));
    let follow = "t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, … and 99990 more";
    assert_eq!(plan.to_ascii().lines().nth(1), Some(&*format!("├─ x (step) ─▶ {follow}")));
}

#[test]
fn c_03_groups_nested_100_000_deep_are_drawn() {
    let mut nested = step("t");
    for number in 0..100_000 {
        nested = parallel([step(&format!("t{number}")).then(nested)]).unwrap();
    }
    let plan = plan([nested]);
    let mermaid = plan.to_mermaid();
    assert_eq!(mermaid.lines().nth(1), Some("    %% groups more than 50 levels deep: where they begin and end"));
    assert_eq!(mermaid.matches("subgraph").count(), 50);
    assert_eq!(mermaid.matches("begins").count(), 99_950);
    let dot = plan.to_dot();
    assert_eq!(dot.matches("subgraph").count(), 50);
    let listing = plan.to_ascii();
    assert_eq!(listing.lines().count(), 202);
    assert_eq!(listing.lines().last(), Some("(groups more than 50 levels deep are not blocks of their own)"));
}

#[test]
fn c_02_a_picture_has_a_box_for_each_task_and_each_group_and_dashes_loops() {
    let svg = nested().to_svg();
    assert_eq!(svg.matches("<rect ").count(), 1 + 6 + 2, "the ground, tasks and groups\n{svg}");
    assert!(svg.contains(">inner (best effort)</text>"), "{svg}");
    // fetch >> outer, tokyo >> inner, outer >> report, and back to fetch.
    assert_eq!(svg.matches("fill=\"none\" stroke=\"#868e96\"/>").count(), 3, "{svg}");
    assert_eq!(svg.matches("stroke-dasharray=\"5 4\"/>").count(), 1, "{svg}");
}

#[test]
fn i_08_texts_in_a_picture_are_escaped_and_cut() {
    let long = "x".repeat(40);
    let svg = plan([step("<a> & \"b\""), step(&long)]).to_svg();
    assert!(svg.contains(">&lt;a&gt; &amp; &quot;b&quot;</text>"), "{svg}");
    assert!(svg.contains(&format!(">{}…</text>", &long[..31])), "{svg}");
    assert!(svg.contains(&format!("<title>{long}\nstep</title>")), "a pointer on it shows all\n{svg}");
}

#[test]
fn c_03_a_large_plan_gets_a_summary() {
    let tasks = || (0..20_000).map(|number| step(&number.to_string()));
    for fragment in [chain(tasks()).unwrap(), parallel(tasks()).unwrap()] {
        let plan = plan([fragment, step("one more")]);
        let svg = plan.to_svg();
        assert!(svg.contains(">too large to draw</text>") && svg.contains(">step: 20001</text>"), "{svg}");
        let run = plan.to_svg_of_run("a run", |node| {
            let state = if node == 7 { State::Failed } else { State::Succeeded };
            Mark { state, duration: None }
        });
        assert!(run.contains(">a run</text>") && run.contains(">20000 succeeded</text>"), "{run}");
        assert!(run.contains(">1 failed: 7</text>"), "{run}");
    }
}

#[test]
fn c_03_groups_nested_100_000_deep_get_a_summary() {
    let nested = (0..100_000).fold(step("inmost"), |inner, _| parallel([inner]).unwrap());
    assert!(plan([nested]).to_svg().contains(">too large to draw</text>"));
}

#[test]
fn a_plan_tells_its_links() {
    let plan = nested();
    let links = plan.links().map(|link| (plan.id(link.from), plan.id(link.to), link.closes_loop));
    let expected =
        [("fetch", "outer", false), ("tokyo", "inner", false), ("outer", "report", false), ("report", "fetch", true)];
    assert_eq!(links.collect::<std::collections::BTreeSet<_>>(), expected.into());
}
