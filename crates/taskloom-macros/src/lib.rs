//! The attribute `#[task]` of the crate `taskloom`, where it is documented.
//!
//! It leaves the function alone and emits a type of the same name beside it. What it emits is small and
//! calls into `taskloom::__private`, where the logic is ordinary, tested code.

#![warn(missing_docs, clippy::print_stdout, clippy::print_stderr)]

mod expand;
mod map;
mod options;
mod output;
mod parameter;
mod task;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

use crate::options::Options;

/// Makes a function the definition of a task.
///
/// The function stays an ordinary function. Beside it comes a type of the same name: `fetch::task()` begins
/// an instance, with one setter for each parameter and `task_id`; `fetch::definition()` is the definition.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task(max_retries = 3)]
/// fn fetch(city: &str, #[default(7)] days: u32) -> Result<String, std::io::Error> {
///     Ok(format!("{city}, {days} days"))
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
/// let run = Workflow::new("weather").add(&tokyo).execute().blocking()?;
/// assert_eq!(run.output_of(&tokyo)?, "Tokyo, 7 days");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// - `id = "…"`: the definition id, instead of the function's name;
/// - `max_retries = n`: how many further attempts a failed execution gets; by default none;
/// - `max_cycles = n`: how often the task may be executed in one run, in loops, by jumps and iterations; by default 100
///   times;
/// - `timeout = "5s"`: how long an attempt may take, in `ms`, `s`, `m` or `h`; by default for ever;
/// - `run_when = "always"`: a clean-up, which runs once all before it has ended or can no longer run, also in a run that
///   has failed or was cancelled; by default `"success"`;
/// - `crate = path`: where the crate `taskloom` is, if it is re-exported.
///
/// # Parameters
///
/// Types are `Send + Sync + 'static`. A parameter taken by value is cloned for each attempt; `&T`, `&str` and
/// `&[T]` read the shared value, also in an `async fn`. A parameter of type `&Context`, or `Context` in an
/// `async fn`, is injected. `#[default(expression)]` gives a parameter a default.
///
/// # Output
///
/// A function that returns a `Result` is fallible: its output is what is in `Ok`, and its error may be any type
/// that is `Into<Box<dyn Error + Send + Sync>>`.
#[proc_macro_attribute]
pub fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut options = Options::default();
    let parser = syn::meta::parser(|meta| options.parse(&meta));
    parse_macro_input!(attribute with parser);
    let function = parse_macro_input!(item as ItemFn);
    match task::Task::parse(function.clone(), options) {
        Ok(task) => expand::expand(&task).into(),
        Err(error) => {
            // The function stays, so that its callers do not add errors of their own.
            let error = error.into_compile_error();
            let function = parameter::without_defaults(function);
            quote::quote!(#error #function).into()
        }
    }
}
