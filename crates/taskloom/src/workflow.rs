use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use taskloom_core::{BuildError, Plan};

use crate::{Definition, Execute, Fragment, IntoFragment};

/// A set of instances and the edges between them, ready to be executed any number of times.
///
/// Cheap to clone. Executing never changes it; [`add`](Self::add) gives a larger one. A mistake in what was
/// added is kept and reported by [`execute`](Self::execute) or [`plan`](Self::plan).
#[derive(Clone)]
pub struct Workflow(Arc<Inner>);

struct Inner {
    core: taskloom_core::Workflow,
    /// The first thing that could not be added.
    mistake: Option<BuildError>,
    plan: OnceLock<Result<Arc<Plan>, BuildError>>,
}

impl Workflow {
    /// An empty workflow.
    pub fn new(name: impl Into<String>) -> Self {
        Self::from_core(taskloom_core::Workflow::new(name), None)
    }

    fn from_core(core: taskloom_core::Workflow, mistake: Option<BuildError>) -> Self {
        Self(Arc::new(Inner { core, mistake, plan: OnceLock::new() }))
    }

    /// The workflow with one more instance or composition in it.
    #[must_use = "the workflow that was added to is consumed"]
    #[expect(clippy::should_implement_trait, reason = "composing has one spelling, and `+` would be another")]
    pub fn add(self, fragment: impl IntoFragment) -> Self {
        let (mut core, mistake) = self.into_parts();
        let added = fragment.into_fragment().0.and_then(|fragment| core.join(&fragment));
        Self::from_core(core, mistake.or(added.err()))
    }

    /// The workflow with a definition that its tasks may add to a run by [`next_task`](crate::Context::next_task), though
    /// nothing composes it. In a [store](Execute::store) it has to be here: that is where a resumed run finds it. It runs
    /// only if a task adds it, or if it is all that the workflow has.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn page(number: u32) -> u32 {
    ///     number * 10
    /// }
    ///
    /// #[task]
    /// fn index(ctx: &Context) -> taskloom::Result<u32> {
    ///     ctx.next_task(page::task().task_id("page_1").number(1))?;
    ///     Ok(1)
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let workflow = Workflow::new("book").add(index::task()).template(page::definition());
    /// let run = workflow.execute().blocking()?;
    /// assert_eq!(run.output::<u32>("page_1")?, 10);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "the workflow that was added to is consumed"]
    #[expect(clippy::needless_pass_by_value, reason = "as `add` takes one")]
    pub fn template(self, definition: Definition) -> Self {
        let (mut core, mistake) = self.into_parts();
        core.note_definition(definition.0.definition());
        Self::from_core(core, mistake)
    }

    fn into_parts(self) -> (taskloom_core::Workflow, Option<BuildError>) {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => (inner.core, inner.mistake),
            Err(shared) => (shared.core.clone(), shared.mistake.clone()),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.core.name()
    }

    /// The plan that an execution follows. It displays itself: the tasks in the order of composition, what
    /// follows each, and where the value of each open parameter comes from.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first mistake in what was added, or if nothing can run.
    pub fn plan(&self) -> Result<Arc<Plan>, BuildError> {
        if let Some(mistake) = &self.0.mistake {
            return Err(mistake.clone());
        }
        self.0.plan.get_or_init(|| Plan::compile(&self.0.core, None).map(Arc::new)).clone()
    }

    /// The workflow as a [Mermaid](https://mermaid.js.org) flowchart, which GitHub and many editors show.
    ///
    /// A task is a box with its id, and the id of its definition where that differs. A group is a frame with its
    /// name, and its policy if it is not strict. Edges that close a loop are dashed. See [`Plan::to_mermaid`].
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch(city: &str) -> String {
    ///     format!("Weather for {city}")
    /// }
    ///
    /// let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
    /// let paris = fetch::task().task_id("paris").city("Paris");
    /// let wf = Workflow::new("weather").add(tokyo >> paris);
    /// assert_eq!(
    ///     wf.to_mermaid()?,
    ///     r#"flowchart TD
    ///     n0["tokyo<br>fetch"]
    ///     n1["paris<br>fetch"]
    ///     n0 --> n1
    /// "#
    /// );
    /// # Ok::<(), taskloom::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub fn to_mermaid(&self) -> Result<String, BuildError> {
        Ok(self.plan()?.to_mermaid())
    }

    /// The workflow in the language of [Graphviz](https://graphviz.org): `dot -Tsvg` makes a picture of it.
    ///
    /// It shows what [`to_mermaid`](Self::to_mermaid) shows.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch() -> i64 {
    ///     1
    /// }
    ///
    /// let wf = Workflow::new("weather").add(fetch::definition() >> fetch::task().task_id("again"));
    /// assert!(wf.to_dot()?.contains("n0 -> n1;"));
    /// # Ok::<(), taskloom::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub fn to_dot(&self) -> Result<String, BuildError> {
        Ok(self.plan()?.to_dot())
    }

    /// The workflow as a listing for a terminal: a line for each task, with what follows it, and groups as
    /// blocks. After 200 lines it is cut. See [`Plan::to_ascii`].
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch() -> i64 {
    ///     1
    /// }
    /// #[task]
    /// fn report() {}
    ///
    /// let cities = fetch::task().task_id("tokyo") | fetch::task().task_id("paris");
    /// let wf = Workflow::new("weather").add(cities.group_name("cities") >> report::definition());
    /// assert_eq!(
    ///     wf.to_ascii()?,
    ///     "\
    /// workflow `weather`: 3 tasks, 1 group
    /// ├─ cities ─▶ report
    /// │  ├─ tokyo (fetch)
    /// │  └─ paris (fetch)
    /// └─ report
    /// "
    /// );
    /// # Ok::<(), taskloom::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub fn to_ascii(&self) -> Result<String, BuildError> {
        Ok(self.plan()?.to_ascii())
    }

    /// The workflow as a picture in SVG, which browsers, notebooks and documentation show as it is. A workflow with
    /// more than 300 tasks and groups gets a summary. See [`Plan::to_svg`].
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch() -> i64 {
    ///     1
    /// }
    ///
    /// let wf = Workflow::new("weather").add(fetch::definition() >> fetch::task().task_id("again"));
    /// assert!(wf.to_svg()?.starts_with("<svg "));
    /// # Ok::<(), taskloom::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub fn to_svg(&self) -> Result<String, BuildError> {
        Ok(self.plan()?.to_svg())
    }

    pub(crate) fn plan_from(&self, start: Option<&str>) -> Result<Arc<Plan>, BuildError> {
        match start {
            None => self.plan(),
            Some(_) if self.0.mistake.is_some() => self.plan(),
            Some(_) => Plan::compile(&self.0.core, start).map(Arc::new),
        }
    }

    /// Executes the workflow once the returned future is awaited, started, or told to block.
    pub fn execute(&self) -> Execute {
        Execute::new(self.clone())
    }
}

/// As an operand a workflow stands for copies of its tasks, under ids that begin with its name: `weather/tokyo`. Groups and
/// options come along. It is one branch; if it begins or ends with several tasks, it becomes a group of its name.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn fetch(city: &str) -> String {
///     format!("Weather for {city}")
/// }
/// #[task]
/// fn shout(text: String) -> String {
///     text.to_uppercase()
/// }
/// # fn main() -> taskloom::Result<()> {
/// let weather = Workflow::new("weather").add(fetch::task().task_id("tokyo").city("Tokyo"));
/// let run = Workflow::new("loud").add(&weather >> shout::task()).execute().blocking()?;
/// assert_eq!(run.output::<String>("weather/tokyo")?, "Weather for Tokyo");
/// assert_eq!(run.value::<String>()?, "WEATHER FOR TOKYO");
/// # Ok(())
/// # }
/// ```
impl IntoFragment for &Workflow {
    fn into_fragment(self) -> Fragment {
        Fragment(match &self.0.mistake {
            Some(mistake) => Err(mistake.clone()),
            None => Ok(self.0.core.clone().into()),
        })
    }
}

impl IntoFragment for Workflow {
    fn into_fragment(self) -> Fragment {
        (&self).into_fragment()
    }
}

crate::compose::operators!(Workflow);

impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Workflow").field(&self.name()).finish()
    }
}
