//! Which types cross threads, said at compile time.

use std::future::Future;

use taskloom::{
    Arg, BlockingEvents, BuildError, Channel, ChannelLock, Context, Definition, Error, Event, Events, Execute,
    FinalChannel, Fragment, GroupOutput, Run, RunHandle, TaskOptions, TaskRecord, Workflow, prelude::Instance, task,
    testing::Recorder,
};

#[task]
fn noop(_pool: &std::sync::mpsc::SyncSender<u8>) {}

fn send<T: Send>() {}
fn sync<T: Sync>() {}
fn unpin<T: Unpin>() {}
fn clone<T: Clone>() {}
fn owned<T: 'static>() {}
fn debug<T: std::fmt::Debug>() {}
fn error<T: std::error::Error>() {}
fn future<T: Future<Output = Result<Run, Error>>>() {}

macro_rules! assert_types {
    ($($type:ty: $($property:ident)+;)+) => {
        $($($property::<$type>();)+)+
    };
}

#[test]
#[cfg(feature = "sqlite")]
fn stores_cross_threads() {
    use taskloom::{Due, Question, RunInfo, Store, StoredRun, store::RunJournal};

    assert_types! {
        Store: send sync unpin clone owned debug;
        StoredRun: send sync unpin clone owned debug;
        RunInfo: send sync unpin clone owned debug;
        Question: send sync unpin clone owned debug;
        Due: send sync unpin clone owned debug;
        RunJournal: send sync owned debug;
    }
}

#[test]
fn types_cross_threads() {
    assert_types! {
        Execute: future send unpin owned debug;
        RunHandle: future send sync unpin owned debug;
        Workflow: send sync unpin clone owned debug;
        Run: send sync unpin clone owned debug;
        GroupOutput: send sync unpin clone owned debug;
        TaskRecord<'static>: send sync unpin clone debug;
        Error: error send sync unpin clone owned debug;
        BuildError: error send sync unpin clone owned debug;
        Channel: send sync unpin clone owned debug;
        ChannelLock: send sync unpin owned debug;
        FinalChannel<'static>: send sync unpin clone debug;
        Context: send sync unpin clone owned debug;
        Definition: send sync unpin clone owned debug;
        Fragment: send sync unpin clone owned debug;
        Event: send sync unpin clone owned debug;
        Events: send sync unpin owned debug;
        BlockingEvents: send sync unpin owned debug;
        Recorder: send sync unpin clone owned debug;
        Arg<u8>: send sync unpin owned debug;
        TaskOptions: send sync unpin clone owned debug;
        noop: send sync unpin clone owned debug;
    }
}

#[test]
fn an_output_is_a_type() {
    fn output<I: Instance<Output = ()>>() {}
    output::<noop>();
}
