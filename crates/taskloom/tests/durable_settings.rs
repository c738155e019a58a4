//! What a call says about a run is compared with what began it: D-2.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::HashMap;

use taskloom::{Durability, ErrorKind, Store, prelude::*};

fn store(directory: &tempfile::TempDir) -> Store {
    Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal)
}

#[task]
fn give() -> i64 {
    1
}

#[test]
fn d_02_another_initial_channel_is_refused_however_long_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory);
    let execute = |text: &str| {
        let workflow = Workflow::new("w").add(give::task());
        workflow.execute().store(&store).run_id(text.len().to_string()).initial_channel("text", text.to_owned())
    };
    for length in [3, 300] {
        execute(&"a".repeat(length)).blocking().unwrap();
        execute(&"a".repeat(length)).blocking().unwrap();
        let error = execute(&"b".repeat(length)).blocking().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RunChanged);
        let text = error.to_string();
        let shown = if length == 3 { r#""aaa" at the first start, "bbb" now"# } else { "another value now" };
        assert!(text.contains(r#"initial_channel["text"]: "#) && text.contains(shown), "{text}");
    }
}

#[test]
fn d_02_maps_in_the_initial_channel_have_no_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory);
    for _ in 0..10 {
        let numbers: HashMap<String, i64> = (0..20).map(|number| (number.to_string(), number)).collect();
        let workflow = Workflow::new("w").add(give::task());
        let execute = workflow.execute().store(&store).run_id("r").codec::<HashMap<String, i64>>();
        execute.initial_channel("numbers", numbers).blocking().unwrap();
    }
}
