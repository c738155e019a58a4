//! Waiting for people (rule D-5).

use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    time::Duration,
};

use serde::de::DeserializeOwned;

use super::{Context, wait::apart};
use crate::{
    Error, ErrorKind, FeedbackType, OpenQuestion, Result,
    engine::{self, waiting::Awaited},
};

impl Context {
    /// Asks a person to approve something. To be awaited in an async task; a plain one calls
    /// [`blocking`](Request::blocking).
    ///
    /// While the question has no answer, the task gives its place among the running ones to others. The answer comes by
    /// [`RunHandle::answer`](crate::RunHandle::answer) or, from any process, by [`Store::answer`](crate::Store::answer).
    /// In a run in a store the body stays for [`suspend_after`](crate::Execute::suspend_after), or the request's own
    /// [`timeout`](Request::timeout). Then it is left, as by a long [`sleep`](Self::sleep), and the task runs again from its
    /// beginning once the answer is there.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn publish(ctx: &Context) -> taskloom::Result<String> {
    ///     let approved = ctx.request_approval("Publish the report?").blocking()?;
    ///     Ok(if approved { "published" } else { "thrown away" }.to_owned())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> taskloom::Result<()> {
    /// let handle = Workflow::new("report").add(publish::task()).execute().start()?;
    /// let question = loop {
    ///     match handle.questions().pop() {
    ///         Some(question) => break question,
    ///         None => tokio::task::yield_now().await,
    ///     }
    /// };
    /// assert_eq!(question.prompt, "Publish the report?");
    /// handle.answer(&question.id, "true")?;
    /// assert_eq!(handle.await?.value::<String>()?, "published");
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_approval(&self, prompt: impl Into<String>) -> Request<'_, bool> {
        self.request(FeedbackType::Approval, prompt.into(), Vec::new())
    }

    /// Asks a person for a text, as [`request_approval`](Self::request_approval) asks for a decision.
    pub fn request_text_input(&self, prompt: impl Into<String>) -> Request<'_, String> {
        self.request(FeedbackType::Text, prompt.into(), Vec::new())
    }

    /// Asks a person to choose one of these texts, as [`request_approval`](Self::request_approval) asks for a decision.
    pub fn request_selection<O: Into<String>>(
        &self,
        prompt: impl Into<String>,
        options: impl IntoIterator<Item = O>,
    ) -> Request<'_, String> {
        self.request(FeedbackType::Selection, prompt.into(), options.into_iter().map(Into::into).collect())
    }

    /// Asks a person to choose some of these texts, as [`request_approval`](Self::request_approval) asks for a decision.
    pub fn request_multi_selection<O: Into<String>>(
        &self,
        prompt: impl Into<String>,
        options: impl IntoIterator<Item = O>,
    ) -> Request<'_, Vec<String>> {
        self.request(FeedbackType::MultiSelection, prompt.into(), options.into_iter().map(Into::into).collect())
    }

    /// Asks a person for anything that can be read as a `T`, as [`request_approval`](Self::request_approval) asks for a
    /// decision. An answer that is no `T` is one all the same, and gives an error of kind
    /// [`Encoding`](ErrorKind::Encoding).
    pub fn request_feedback<T: DeserializeOwned>(&self, prompt: impl Into<String>) -> Request<'_, T> {
        self.request(FeedbackType::Custom, prompt.into(), Vec::new())
    }

    fn request<T>(&self, kind: FeedbackType, prompt: String, options: Vec<String>) -> Request<'_, T> {
        Request { context: self, kind, prompt, options, key: None, timeout: None, answer: PhantomData }
    }
}

/// A question to a person that has not been asked yet; see [`Context::request_approval`].
#[must_use = "a question is asked when this is awaited, or `.blocking()` is called"]
pub struct Request<'a, T> {
    context: &'a Context,
    kind: FeedbackType,
    prompt: String,
    options: Vec<String>,
    key: Option<String>,
    timeout: Option<Duration>,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Request<'_, T> {
    /// Names the question within its execution. Questions without a name are told apart by their order, which must be
    /// the same then whenever the task runs again.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// How long the body waits for the answer before it is left, in a run in a store; by default as long as
    /// [`suspend_after`](crate::Execute::suspend_after) says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Asks, waits for the answer on the calling thread, and gives it.
    ///
    /// # Errors
    ///
    /// Of kind [`RunSuspended`](ErrorKind::RunSuspended) if the body is left, to be passed on with `?`;
    /// [`RunCancelled`](ErrorKind::RunCancelled) if the task is to end; [`DuplicateKey`](ErrorKind::DuplicateKey) if the
    /// execution has another question of that name; [`InvalidFeedback`](ErrorKind::InvalidFeedback) if there is nothing to
    /// choose from; [`Encoding`](ErrorKind::Encoding) if the answer is no `T`; [`AttemptEnded`](ErrorKind::AttemptEnded) if
    /// this attempt has ended.
    pub fn blocking(self) -> Result<T> {
        let (context, timeout) = (self.context, self.timeout);
        let (key, question) = self.question()?;
        context.engine()?.ask(context.execution, &key, question);
        context.wait(Awaited::Answer(key.clone()), timeout)?;
        context.answer(&key)
    }

    fn question(self) -> Result<(String, OpenQuestion)> {
        let Self { context, kind, prompt, options, key, .. } = self;
        let id = context.task_id();
        let chooses = matches!(kind, FeedbackType::Selection | FeedbackType::MultiSelection);
        if chooses && options.is_empty() {
            let message = format!("`{id}` asks `{prompt}` and gives nothing to choose from");
            return Err(Error::new(ErrorKind::InvalidFeedback, message).task(id));
        }
        let mut asks = context.asks.lock();
        let key = match &key {
            None => asks.names.next("ask"),
            Some(name) => asks.names.named("ask", name).ok_or_else(|| context.used_twice("questions", name))?,
        };
        let task_id = id.to_owned();
        let question = OpenQuestion { id: engine::new_run_id(), task_id, key: key.clone(), kind, prompt, options };
        Ok((key, question))
    }
}

impl Context {
    fn answer<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        let text = self.engine()?.recall(self.execution, key).and_then(|remembered| remembered.text);
        crate::codec::read(text.as_deref().unwrap_or("null")).map_err(|error| {
            let id = self.task_id();
            let name = key.split_once(':').map_or(key, |(_, name)| name);
            let message = format!("the answer to question `{name}` of `{id}` cannot be read: {error}");
            Error::new(ErrorKind::Encoding, message).task(id)
        })
    }
}

impl<'a, T: DeserializeOwned + 'a> IntoFuture for Request<'a, T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

    /// Asks and waits for the answer. Dropping the future ends the wait, not the question.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (context, timeout) = (self.context, self.timeout);
            let (key, question) = self.question()?;
            let (engine, execution, asked) = (context.engine()?, context.execution, key.clone());
            apart(engine.is_durable(), move || engine.ask(execution, &asked, question)).await;
            context.wait_async(Awaited::Answer(key.clone()), timeout).await?;
            context.answer(&key)
        })
    }
}

impl<T> fmt::Debug for Request<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .field("prompt", &self.prompt)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
