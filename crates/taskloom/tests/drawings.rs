//! Drawings of workflows.

use taskloom::{BuildErrorKind, Policy, prelude::*};

#[task]
fn step() -> i64 {
    1
}

fn named(id: &str) -> step {
    step::task().task_id(id)
}

/// `a >> (g: b | c) >> d >> a`
fn looped() -> Workflow {
    let (a, group) = (named("a"), (named("b") | named("c")).group_name("g").policy(Policy::BestEffort));
    Workflow::new("w").add(&a >> group >> named("d") >> &a)
}

#[test]
fn c_02_a_workflow_draws_itself() {
    let mermaid = looped().to_mermaid().unwrap();
    assert!(mermaid.contains("subgraph g0[\"g #40;best effort#41;\"]"), "{mermaid}");
    assert!(mermaid.ends_with("    n0 --> g0\n    g0 --> n3\n    n3 -.-> n0\n"), "{mermaid}");

    let dot = looped().to_dot().unwrap();
    assert!(dot.contains("n0 -> n1 [lhead=cluster_0];\n    n2 -> n3 [ltail=cluster_0];"), "{dot}");
    assert!(dot.contains("n3 -> n0 [style=dashed];"), "{dot}");

    let ascii = looped().to_ascii().unwrap();
    assert!(
        ascii.ends_with("├─ g (best effort) ─▶ d\n│  ├─ b (step)\n│  └─ c (step)\n└─ d (step) ─▶ ↺ a\n"),
        "{ascii}"
    );
}

#[test]
fn a_plan_draws_the_same() {
    let (wf, plan) = (looped(), looped().plan().unwrap());
    assert_eq!(wf.to_mermaid().unwrap(), plan.to_mermaid());
    assert_eq!(wf.to_dot().unwrap(), plan.to_dot());
    assert_eq!(wf.to_ascii().unwrap(), plan.to_ascii());
    assert_eq!(wf.to_svg().unwrap(), plan.to_svg());
}

#[test]
fn e_01_what_cannot_be_planned_cannot_be_drawn() {
    for wf in [Workflow::new("w"), Workflow::new("w").add(named("a") >> named("a"))] {
        let kind = wf.plan().unwrap_err().kind();
        assert!(matches!(kind, BuildErrorKind::NothingToRun | BuildErrorKind::DuplicateTask));
        assert_eq!(wf.to_mermaid().unwrap_err().kind(), kind);
        assert_eq!(wf.to_dot().unwrap_err().kind(), kind);
        assert_eq!(wf.to_ascii().unwrap_err().kind(), kind);
        assert_eq!(wf.to_svg().unwrap_err().kind(), kind);
    }
}

#[task]
fn broken() -> Result<i64, String> {
    Err("no <network>".to_owned())
}

#[test]
fn r_04_a_run_draws_how_each_task_ended() {
    let wf = Workflow::new("w").add(named("a") >> broken::definition() >> named("c"));
    let error = wf.execute().blocking().unwrap_err();
    let svg = error.run().unwrap().to_svg();
    assert!(svg.contains(">workflow `w` failed: 3 tasks in "), "{svg}");
    assert!(svg.contains(">succeeded in ") && svg.contains(">failed in ") && svg.contains(">not run</text>"), "{svg}");
}

#[test]
fn r_08_a_run_draws_how_a_group_ended() {
    let group = parallel![broken::definition(), named("b")].group_name("g").policy(Policy::BestEffort);
    let run = Workflow::new("w").add(group).execute().blocking().unwrap();
    assert!(run.to_svg().contains(">g (best effort) · succeeded</text>"), "{}", run.to_svg());
}
