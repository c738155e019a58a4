#[cfg(feature = "sqlite")]
mod durably;
mod handle;
mod host;
mod place;
mod runtime;
mod worker;

use std::{
    fmt,
    future::Future,
    num::{NonZeroU32, NonZeroUsize},
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    thread,
    time::Duration,
};

#[cfg(feature = "sqlite")]
use durably::Durably;
#[cfg(not(feature = "sqlite"))]
use taskloom_core::Plan;
use taskloom_core::{Limits, channel::Content};
#[cfg(feature = "sqlite")]
use tokio::task::JoinHandle;

pub use handle::RunHandle;

use crate::{
    Result, Run, Workflow, channel,
    engine::{Engine, Listener, RunOptions},
    testing::Recorder,
};
use host::RustHost;
use place::Waiting;
pub(crate) use runtime::Runtime;

/// How many cores there are. To ask the system reads files, which costs as much as 200 tasks.
static CORES: OnceLock<usize> = OnceLock::new();

/// An execution that has not begun, or is under way.
///
/// Awaiting it runs the workflow on the caller's tokio runtime, of either flavour: async tasks there, plain
/// functions on threads of the library, never on the runtime's. [`start`](Self::start) runs it in the
/// background, [`blocking`](Self::blocking) without a runtime.
///
/// A task may run a workflow of its own in any of these ways, to any depth, however few threads its runtime has. In an
/// async body, `.await` is the one that blocks nobody.
///
/// # Cancel safety
///
/// Dropping it after it has been polled cancels the run: nothing new starts, async tasks are dropped at
/// their next suspension point, plain functions that are running have the time of [`grace`](Self::grace).
///
/// # Examples
///
/// ```
/// use taskloom::prelude::*;
/// # #[task]
/// # async fn double(value: i64) -> i64 { value * 2 }
/// # #[tokio::main]
/// # async fn main() -> taskloom::Result<()> {
/// let workflow = Workflow::new("w").add(double::task().value(21));
/// let run = workflow.execute().max_concurrency(1).await?;
/// assert_eq!(run.value::<i64>()?, 42);
/// # Ok(())
/// # }
/// ```
#[must_use = "a run begins when this is awaited, or `.start()` or `.blocking()` is called"]
pub struct Execute {
    workflow: Workflow,
    start_node: Option<String>,
    max_concurrency: Option<NonZeroU32>,
    max_steps: Option<u64>,
    timeout: Option<Duration>,
    grace: Duration,
    patience: Duration,
    channel: Vec<(String, Content)>,
    recorders: Vec<Recorder>,
    suspend_after: Duration,
    #[cfg(feature = "sqlite")]
    durably: Durably,
    under_way: UnderWay,
}

/// How far an execution is.
enum UnderWay {
    NotBegun,
    /// Its run is being opened in its store, on a thread that may wait for that.
    #[cfg(feature = "sqlite")]
    Opening(JoinHandle<Result<durably::Begun>>),
    Begun(RunHandle),
}

impl Execute {
    pub(crate) fn new(workflow: Workflow) -> Self {
        Self {
            workflow,
            start_node: None,
            max_concurrency: None,
            max_steps: None,
            timeout: None,
            grace: RunOptions::GRACE,
            patience: RunOptions::PATIENCE,
            channel: Vec::new(),
            recorders: Vec::new(),
            suspend_after: RunOptions::SUSPEND_AFTER,
            #[cfg(feature = "sqlite")]
            durably: Durably::default(),
            under_way: UnderWay::NotBegun,
        }
    }

    /// Starts at this task or group, and runs only what can be reached from it.
    pub fn start_node(mut self, task_id: impl Into<String>) -> Self {
        self.start_node = Some(task_id.into());
        self
    }

    /// Runs at most so many tasks at the same time; 0 counts as 1. With 1 the whole run is deterministic.
    /// By default plain functions are limited to min(32, cores + 4), and async tasks are not.
    pub fn max_concurrency(mut self, tasks: u32) -> Self {
        self.max_concurrency = NonZeroU32::new(tasks.max(1));
        self
    }

    /// Ends the run with an error when a further execution would start after so many. Further attempts of an
    /// execution do not count. By default there is no limit.
    pub fn max_steps(mut self, steps: u64) -> Self {
        self.max_steps = Some(steps);
        self
    }

    /// Cancels the run when it has taken so long: it ends with an error of kind
    /// [`RunTimeout`](crate::ErrorKind::RunTimeout), which keeps the run with everything that was done. Async tasks are
    /// dropped at their next suspension point, plain functions have the time of [`grace`](Self::grace). By default a
    /// run takes as long as it takes.
    ///
    /// The thread that waits in [`blocking`](Self::blocking) runs no plain functions of such a run, since it could not
    /// return before they do.
    ///
    /// ```
    /// use std::time::Duration;
    /// use taskloom::{ErrorKind, prelude::*};
    ///
    /// #[task]
    /// async fn forever() {
    ///     std::future::pending::<()>().await;
    /// }
    ///
    /// let workflow = Workflow::new("w").add(forever::task());
    /// let error = workflow.execute().timeout(Duration::from_millis(10)).blocking().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::RunTimeout);
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long plain functions that run when the run, or their group, is cancelled are waited for; 5 seconds by
    /// default. They are told by [`Context::cancelled`](crate::Context::cancelled). One that has not ended by then is
    /// abandoned: the run ends without it and lists it in [`Run::abandoned`], nothing that it still does through its
    /// context counts, and what it returns is dropped.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// When there is a warning that all workers are busy; for tests, which do not wait as long as users do.
    #[doc(hidden)]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Puts a value into the run's channel before it begins: a further one for each call, where the last one of a key
    /// counts. Tasks read it through their [`Context`](crate::Context).
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn greet(ctx: &Context) -> taskloom::Result<String> {
    ///     let name: Option<String> = ctx.channel().get("name")?;
    ///     Ok(format!("Hello, {}!", name.unwrap_or_default()))
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("w").add(greet::task()).execute().initial_channel("name", "Ada").blocking()?;
    /// assert_eq!(run.value::<String>()?, "Hello, Ada!");
    /// # Ok(())
    /// # }
    /// ```
    pub fn initial_channel<T: Send + Sync + 'static>(mut self, key: impl Into<String>, value: T) -> Self {
        self.channel.push((key.into(), channel::content(value)));
        self
    }

    /// How long a task of a durable run waits for a person or for time before its body is left and the task is
    /// suspended; 60 seconds by default. With nothing at all it is left at once, which is what tests want.
    pub fn suspend_after(mut self, wait: Duration) -> Self {
        self.suspend_after = wait;
        self
    }

    /// Lets a [`Recorder`] note down what happens in the run: for tests.
    pub fn observe(mut self, recorder: &Recorder) -> Self {
        self.recorders.push(recorder.clone());
        self
    }

    /// Begins the run in the background and returns at once.
    ///
    /// On a tokio runtime it uses that one, elsewhere a runtime of the library's own.
    ///
    /// # Errors
    ///
    /// If the workflow cannot be planned.
    pub fn start(self) -> Result<RunHandle> {
        let (engine, host) = self.prepare(Runtime::current(), false)?;
        let listener = engine.listen(false);
        engine.launch();
        Ok(self.handle(engine, host, Some(listener)))
    }

    /// Runs the workflow and waits for it; the calling thread works as one of the workers.
    ///
    /// It needs no tokio runtime: async tasks that have to wait do so on one of the library's own. Where it blocks a
    /// thread of a runtime, that thread only waits, unless the runtime can go on with another one.
    ///
    /// # Errors
    ///
    /// If the workflow cannot be planned, or its run does not succeed.
    pub fn blocking(self) -> Result<Run> {
        let waiting = place::waiting();
        let (engine, host) = self.prepare(Runtime::own(), waiting != Waiting::Idle)?;
        worker::wait(&engine, &host, waiting);
        Run::finish(&engine)
    }

    /// Begins the run, for who awaits it.
    fn set_out(&self) -> Result<UnderWay> {
        #[cfg(feature = "sqlite")]
        if self.durably.is_durable() {
            return Ok(UnderWay::Opening(self.open_elsewhere()));
        }
        let (engine, host) = self.prepare(Runtime::current(), false)?;
        engine.launch();
        Ok(UnderWay::Begun(self.handle(engine, host, None)))
    }

    #[cfg_attr(not(feature = "sqlite"), expect(clippy::unused_self, reason = "only a run in a store needs it"))]
    fn handle(&self, engine: Arc<Engine>, host: Arc<RustHost>, listener: Option<Arc<Listener>>) -> RunHandle {
        RunHandle::new(
            engine,
            host,
            listener,
            #[cfg(feature = "sqlite")]
            self.durably.store(),
        )
    }

    fn prepare(&self, runtime: Runtime, caller_works: bool) -> Result<(Arc<Engine>, Arc<RustHost>)> {
        let plan = self.workflow.plan_from(self.start_node.as_deref())?;
        let cores = *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get));
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let most = self.max_concurrency.map_or_else(|| cores.saturating_add(4).min(32), NonZeroU32::get);
        let options = RunOptions {
            limits: Limits { max_concurrency: self.max_concurrency, max_steps: self.max_steps },
            // The caller does not run what has a timeout: a limit for the whole run is kept by the scheduler, so that
            // whatever has a slot finds a worker; without one, the caller counts among the workers, unless the whole run
            // has a timeout.
            max_workers: match self.max_concurrency {
                Some(_) => most,
                None => (most - u32::from(caller_works && self.timeout.is_none())).max(1),
            },
            separate_async: false,
            timeout: self.timeout,
            grace: self.grace,
            patience: self.patience,
            suspend_after: self.suspend_after,
        };
        let host = Arc::new(RustHost::new(runtime));
        let engine = self.engine(plan, &options, &host)?;
        Ok((engine, host))
    }

    #[cfg(not(feature = "sqlite"))]
    #[expect(clippy::unnecessary_wraps, reason = "with stores it may fail")]
    fn engine(&self, plan: Arc<Plan>, options: &RunOptions, host: &Arc<RustHost>) -> Result<Arc<Engine>> {
        Ok(self.begin(Engine::new(plan, options, self.channel.clone(), Box::new(host.clone()), None)))
    }

    /// Begins a run of which nothing has happened.
    fn begin(&self, engine: Arc<Engine>) -> Arc<Engine> {
        for recorder in &self.recorders {
            recorder.attach(&engine);
        }
        engine.begin();
        engine
    }
}

impl Future for Execute {
    type Output = Result<Run>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let UnderWay::NotBegun = this.under_way {
            this.under_way = match this.set_out() {
                Ok(under_way) => under_way,
                Err(error) => return Poll::Ready(Err(error)),
            };
        }
        #[cfg(feature = "sqlite")]
        if let UnderWay::Opening(opening) = &mut this.under_way {
            let opened = std::task::ready!(Pin::new(opening).poll(context));
            match opened.unwrap_or_else(|ended| Err(durably::ended(&ended))) {
                Ok(begun) => this.under_way = begun.take().map_or(UnderWay::NotBegun, UnderWay::Begun),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        match &mut this.under_way {
            UnderWay::Begun(handle) => Pin::new(handle).poll(context),
            UnderWay::NotBegun => Poll::Pending,
            #[cfg(feature = "sqlite")]
            UnderWay::Opening(_) => Poll::Pending,
        }
    }
}

impl Drop for Execute {
    fn drop(&mut self) {
        match &self.under_way {
            UnderWay::NotBegun => {}
            #[cfg(feature = "sqlite")]
            UnderWay::Opening(_) => self.durably.give_up(),
            UnderWay::Begun(handle) => handle.cancel(),
        }
    }
}

impl fmt::Debug for Execute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("workflow", &self.workflow)
            .field("begun", &!matches!(self.under_way, UnderWay::NotBegun))
            .finish_non_exhaustive()
    }
}
