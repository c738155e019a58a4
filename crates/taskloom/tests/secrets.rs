//! Values that are shown nowhere.

use taskloom::prelude::*;

#[task]
fn by_value(password: Secret<String>) -> usize {
    password.reveal().len()
}

#[task]
async fn by_reference(password: &Secret<String>, user: Option<Secret<u8>>) -> String {
    format!("{password:?} {user:?}")
}

#[task]
fn make() -> Secret<String> {
    Secret::new("swordfish".to_owned())
}

#[test]
fn a_secret_is_an_argument_like_any_other() {
    let password = Secret::new("swordfish".to_owned());
    let length = by_value::task().password(password.clone());
    let shown = by_reference::task().password(password).user(Secret::new(1));
    let made = by_value::task().task_id("made").password(&make::task());
    let run = Workflow::new("w").add(&length >> &shown >> &made).execute().blocking().unwrap();
    assert_eq!(run.output_of(&length).unwrap(), 9);
    assert_eq!(run.output_of(&shown).unwrap(), "Secret Some(Secret)");
    assert_eq!(run.output_of(&made).unwrap(), 9);
}

#[test]
fn i_04_a_secret_counts_by_its_type_alone_in_an_id() {
    let plan = |password: &str| {
        let task = by_value::task().password(Secret::new(password.to_owned()));
        Workflow::new("w").add(task).plan().unwrap().ids().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(plan("swordfish"), plan("trout"));
}
