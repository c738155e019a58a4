//! Which types of a task's parameters and results can be stored, as `#[task]` finds out (rule D-3).

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{any::TypeId, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use taskloom::{
    __private::{NotCoded as _, Probe},
    codec::Codecs,
    prelude::*,
};

#[derive(Clone, Serialize, Deserialize)]
struct Report(String);

/// serde does not know it.
#[derive(Clone)]
struct Pool;

#[derive(Clone, Serialize)]
struct OnlyWritten;

type Fallible = std::io::Result<Vec<Report>>;

#[task]
fn by_value(_pool: Pool, _written: OnlyWritten, _report: Report, _note: Option<String>) -> Pool {
    Pool
}

#[task]
#[expect(clippy::ref_option, reason = "it is one way to take an option")]
fn by_reference(_pool: &Pool, _text: &str, _list: &[Report], _note: &Option<Report>) -> BTreeMap<u8, Report> {
    BTreeMap::new()
}

#[task]
async fn fallible(_ctx: &Context) -> std::io::Result<[Report; 1]> {
    Err(std::io::ErrorKind::Other.into())
}

fn codecs(fragment: impl IntoFragment) -> Codecs {
    Codecs::of(&Workflow::new("w").add(fragment).plan().unwrap())
}

fn knows<T: 'static>(codecs: &Codecs) -> bool {
    codecs.get(TypeId::of::<T>()).is_some()
}

#[test]
fn d_03_a_task_s_types_are_stored_if_serde_knows_them() {
    let bound = by_value::task()._pool(Pool)._written(OnlyWritten)._report(Report("r".to_owned()))._note("n");
    let codecs = codecs(bound);
    assert!(knows::<Report>(&codecs));
    assert!(!knows::<Pool>(&codecs));
    assert!(!knows::<OnlyWritten>(&codecs));
    assert!(!knows::<BTreeMap<u8, Report>>(&codecs));
}

#[test]
fn d_03_a_borrowed_parameter_is_stored_as_what_is_behind_it() {
    let bound = by_reference::task()._pool(Pool)._text("t")._list(vec![])._note(None::<Report>);
    let codecs = codecs(bound);
    assert!(knows::<Vec<Report>>(&codecs));
    assert!(knows::<Option<Report>>(&codecs));
    assert!(knows::<BTreeMap<u8, Report>>(&codecs));
    assert!(!knows::<&'static str>(&codecs));
    assert!(!knows::<Pool>(&codecs));
}

#[test]
fn d_03_of_a_result_what_is_in_its_ok_is_stored() {
    assert!(knows::<[Report; 1]>(&codecs(fallible::task())));
    assert!(!knows::<Fallible>(&codecs(fallible::task())));
}

#[test]
fn d_03_types_of_a_function_s_own_are_stored() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Local(u8);

    #[derive(Clone)]
    struct LocalPool;

    #[task]
    fn local(_pool: LocalPool) -> Local {
        Local(1)
    }

    let codecs = codecs(local::task()._pool(LocalPool));
    assert!(knows::<Local>(&codecs));
    assert!(!knows::<LocalPool>(&codecs));
}

#[test]
fn d_03_a_text_for_ever_is_stored() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Label(&'static str);

    #[task]
    fn text() -> &'static str {
        "text"
    }

    #[task]
    fn label() -> Vec<Label> {
        vec![Label("a")]
    }

    let codecs = codecs(text::task() >> label::task());
    assert!(knows::<&'static str>(&codecs));
    assert!(knows::<Vec<Label>>(&codecs));
}

#[test]
fn d_03_secrets_are_not_stored_on_purpose() {
    assert!(Probe::<Secret<String>>::CODING.is_secret());
    assert!(Probe::<Secret<Pool>>::CODING.is_secret());
    assert!(Probe::<Secret<String>>::CODING.codec().is_none());
    assert!(!Probe::<Pool>::CODING.is_secret());
    assert!(!Probe::<String>::CODING.is_secret());
}

#[test]
fn d_03_standard_types_are_known_and_others_are_registered() {
    let mut codecs = Codecs::default();
    assert!(knows::<String>(&codecs));
    assert!(knows::<Vec<u8>>(&codecs));
    assert!(knows::<Option<f32>>(&codecs));
    assert!(knows::<serde_json::Value>(&codecs));
    assert!(knows::<()>(&codecs));
    assert!(!knows::<Report>(&codecs));

    codecs.register::<Report>();
    codecs.register::<Report>();
    assert_eq!(codecs.named("codings::Report").unwrap().type_id(), TypeId::of::<Report>());
    assert_eq!(codecs.named("i64").unwrap().type_id(), TypeId::of::<i64>());
    assert!(codecs.named("codings::Pool").is_none());
}

/// What is stored with a type's name can only be read where the name says which type it is.
#[test]
fn d_03_a_name_of_several_types_names_none() {
    let mut codecs = Codecs::default();
    let first = {
        #[derive(Serialize, Deserialize)]
        struct Same(u8);
        codecs.register::<Same>();
        TypeId::of::<Same>()
    };
    let name = codecs.get(first).unwrap().type_name();
    assert!(codecs.named(name).is_some());
    {
        #[derive(Serialize, Deserialize)]
        struct Same(u16);
        assert_eq!(std::any::type_name::<Same>(), name);
        codecs.register::<Same>();
    }
    assert!(codecs.named(name).is_none());
    assert!(codecs.get(first).is_some());
}
