//! The peer: tokio's own tasks on its multi-thread runtime, without ids, records or a graph.
//!
//! Everything begins inside of a spawned task, where tokio's spawning is fastest.

use std::{rc::Rc, time::Duration};

use tokio::{
    runtime::Runtime,
    task::{JoinHandle, spawn, yield_now},
};

use crate::measure::{Case, timed};

fn on_worker(runtime: &Rc<Runtime>, work: impl Future<Output = ()> + Send + 'static) -> Duration {
    timed(|| runtime.block_on(async { spawn(work).await.expect("nothing panics") }))
}

fn joined<T>(result: Result<T, tokio::task::JoinError>) -> T {
    result.expect("nothing panics")
}

/// Two ways to write a chain.
pub(crate) fn chain(n: u32, runtime: &Rc<Runtime>) -> Vec<Case> {
    let (one_by_one, linked) = (runtime.clone(), runtime.clone());
    vec![
        Case::peer("tokio: spawn, await, spawn the next", move || {
            on_worker(&one_by_one, async move {
                let mut value = 0;
                for _ in 0..n {
                    value = joined(spawn(async move { value }).await);
                }
            })
        }),
        Case::peer("tokio: spawn all, each awaits the one before", move || {
            on_worker(&linked, async move {
                let mut last: JoinHandle<i64> = spawn(async { 0 });
                for _ in 1..n {
                    let before = last;
                    last = spawn(async move { joined(before.await) });
                }
                joined(last.await);
            })
        }),
    ]
}

pub(crate) fn fan_out(n: u32, runtime: &Rc<Runtime>) -> Case {
    let runtime = runtime.clone();
    Case::peer("tokio: spawn all, join all", move || {
        on_worker(&runtime, async move {
            let all: Vec<JoinHandle<i64>> = (0..n).map(|i| spawn(async move { i64::from(i) })).collect();
            for one in all {
                joined(one.await);
            }
        })
    })
}

pub(crate) fn yielding_chain(n: u32, runtime: &Rc<Runtime>) -> Case {
    let runtime = runtime.clone();
    Case::peer("tokio: spawn, await, spawn the next", move || {
        on_worker(&runtime, async move {
            let mut value = 0_i64;
            for _ in 0..n {
                value = joined(
                    spawn(async move {
                        yield_now().await;
                        value
                    })
                    .await,
                );
            }
        })
    })
}
