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
}

#[test]
fn e_01_what_cannot_be_planned_cannot_be_drawn() {
    for wf in [Workflow::new("w"), Workflow::new("w").add(named("a") >> named("a"))] {
        let kind = wf.plan().unwrap_err().kind();
        assert!(matches!(kind, BuildErrorKind::NothingToRun | BuildErrorKind::DuplicateTask));
        assert_eq!(wf.to_mermaid().unwrap_err().kind(), kind);
        assert_eq!(wf.to_dot().unwrap_err().kind(), kind);
        assert_eq!(wf.to_ascii().unwrap_err().kind(), kind);
    }
}
