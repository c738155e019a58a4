"""D-2: secrets are not recorded, and are taken from the program again."""

from programs import Program

from taskloom import secret, task, workflow
from taskloom.errors import TaskError

SECRET = "swordfish"

SOURCE = """
@task(retry_policy=RetryPolicy(max_retries=1, initial_interval=0))
def login(ctx: TaskExecutionContext, token: str, user: str):
    log(f"{user}:{len(token)}")
    if once("fails"):
        raise ValueError("refused")
    return f"{user} is in"

@task
def work(login):
    if once("work"):
        die()
    return login

token = sys.argv[1]
with workflow("w") as wf:
    login(task_id="login", token=secret(token), user="Ada") >> work
print(wf.execute(store="runs.db", run_id="r"))
"""


def test_d_02_a_secret_is_in_no_file_and_in_no_fingerprint(tmp_path):
    program = Program(tmp_path, SOURCE)
    program.dies(SECRET)
    # The write-ahead log is still there.
    assert any(SECRET not in path.name and b"Ada" in path.read_bytes() for path in tmp_path.glob("runs.db*"))
    for path in tmp_path.glob("runs.db*"):
        assert SECRET.encode() not in path.read_bytes()
    # Another secret is no other program.
    assert program.run("another one") == "Ada is in\n"
    assert program.log() == ["Ada:9", "Ada:9"]
    for path in tmp_path.glob("runs.db*"):
        assert SECRET.encode() not in path.read_bytes()


def test_d_02_a_task_whose_secret_is_needed_again_gets_it_from_the_program(tmp_path):
    source = """
@task
def use(token):
    log(f"{type(token).__name__}:{len(token)}")
    if once("use"):
        die()
    return len(token)

print(workflow("w").add(use(task_id="use", token=secret(sys.argv[1]))).execute(store="runs.db", run_id="r"))
"""
    program = Program(tmp_path, source)
    program.dies(SECRET)
    assert program.run("longer than that") == "16\n"
    assert program.log() == ["str:9", "str:16"]


def test_d_02_a_secret_is_in_no_error(store):
    @task
    def fail(token, other):
        raise ValueError("nothing of it")

    @task
    def leak(token):
        return secret(token)

    wf = workflow("w").add(fail(task_id="fail", token=secret(SECRET), other=1))
    error = failure(wf, store)
    assert SECRET not in f"{error}{error.__cause__}"
    error = failure(workflow("w").add(leak(task_id="leak", token=secret(SECRET))), store)
    assert SECRET not in f"{error}{error.__cause__}"
    assert "secret" in str(error).lower()


def failure(wf, store):
    try:
        wf.execute(store=store)
    except TaskError as error:
        return error
    raise AssertionError("it has not failed")
