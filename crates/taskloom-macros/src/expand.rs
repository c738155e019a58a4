use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::{
    map::map,
    parameter::{Bound, Parameter, Pass},
    task::Task,
};

/// The function, the type of the same name, and what connects them.
pub(crate) fn expand(task: &Task) -> TokenStream {
    let Task { function, options, .. } = task;
    let taskloom = options.krate();
    let private = quote!(#taskloom::__private);
    let (name, visibility) = (&function.sig.ident, &function.vis);
    let docs: Vec<_> = function.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    let cfgs: Vec<_> = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let output = output_type(task);
    let result = task.output.fallible.then(result_trait);
    let setters = task.bound().enumerate().map(|(number, bound)| setter(number, bound, task, &taskloom));
    let operators = [quote!(#name), quote!(&#name)].map(|operand| operators(&operand, &taskloom));
    let definition = definition(task, &taskloom, &output);
    let map = map(task, &taskloom, &output);
    let assertions = assertions(task, &private);
    let (running, run) = if function.sig.asyncness.is_some() {
        (quote!(#private::Running<#output>), quote!(run_async))
    } else {
        (quote!(#taskloom::Result<#output>), quote!(run_sync))
    };
    quote! {
        // A task takes and returns what the workflow passes on, and is async where others are.
        #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
        #function

        #(#cfgs)*
        #(#docs)*
        #[allow(non_camel_case_types, dead_code, missing_docs, unreachable_pub)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[must_use = "an instance does nothing until it is part of a workflow"]
        #visibility struct #name {
            builder: #private::Builder,
        }

        #(#cfgs)*
        #[allow(dead_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#assertions)*

            #result

            #definition

            impl #name {
                /// Begins an instance of the task.
                #[track_caller]
                #visibility fn task() -> Self {
                    Self { builder: #private::Builder::new(definition()) }
                }

                /// The definition of the task.
                #visibility fn definition() -> #taskloom::Definition {
                    ::core::clone::Clone::clone(definition())
                }

                /// Names the instance; the id is unique in a workflow.
                #visibility fn task_id(mut self, id: impl ::core::convert::Into<::std::string::String>) -> Self {
                    self.builder.task_id(id);
                    self
                }

                #(#setters)*
            }

            impl #taskloom::Instance for #name {
                type Running = #running;

                fn builder_mut(&mut self) -> &mut #private::Builder {
                    &mut self.builder
                }

                fn run(&self) -> #running {
                    #private::#run(self)
                }
            }

            impl #taskloom::HasOutput for #name {
                type Output = #output;

                fn builder(&self) -> &#private::Builder {
                    &self.builder
                }
            }

            impl #taskloom::HasOutput for &#name {
                type Output = #output;

                fn builder(&self) -> &#private::Builder {
                    &self.builder
                }
            }

            impl ::core::convert::From<&#name> for #taskloom::Arg<#output> {
                fn from(task: &#name) -> Self {
                    task.builder.output()
                }
            }

            impl ::core::convert::From<&#name> for #taskloom::Arg<::core::option::Option<#output>> {
                fn from(task: &#name) -> Self {
                    task.builder.output()
                }
            }

            #(#operators)*

            #map
        };
    }
}

/// Finds types that the macro would treat otherwise if it knew what they are.
fn assertions(task: &Task, private: &TokenStream) -> Vec<TokenStream> {
    let name = &task.function.sig.ident;
    let mut assertions = Vec::new();
    if !task.output.fallible {
        let ty = &task.output.ty;
        let message = format!(
            "task `{name}` returns a `Result` under another name: write it as `Result<…>`, so that its errors are seen"
        );
        assertions.push(quote_spanned!(ty.span()=> const _: () = {
            #[allow(unused_imports)]
            use #private::NotResult as _;
            ::core::assert!(!#private::Probe::<#ty>::IS_RESULT, #message);
        };));
    }
    for Bound { name: parameter, ty, .. } in task.bound().filter(|b| matches!(b.pass, Pass::Owned | Pass::Shared)) {
        let message = format!(
            "parameter `{parameter}` of task `{name}` is an `Option` under another name: write it as `Option<…>`, \
             so that it takes plain outputs"
        );
        assertions.push(quote_spanned!(ty.span()=> const _: () = {
            #[allow(unused_imports)]
            use #private::NotOption as _;
            ::core::assert!(!#private::Probe::<#ty>::IS_OPTION, #message);
        };));
    }
    assertions
}

fn output_type(task: &Task) -> TokenStream {
    let ty = &task.output.ty;
    if task.output.fallible { quote!(<#ty as __TaskloomResult>::Ok) } else { quote!(#ty) }
}

/// Names what is in the `Ok` of a `Result`, whatever the task calls it. The trait belongs to the user's crate:
/// coherence does not look through one of ours, where an implementation may be added, and would take the
/// conversion from the task for `impl From<T> for Arg<T>`.
fn result_trait() -> TokenStream {
    quote! {
        pub trait __TaskloomResult {
            type Ok;
        }

        impl<T, E> __TaskloomResult for ::core::result::Result<T, E> {
            type Ok = T;
        }
    }
}

fn setter(number: usize, bound: &Bound, task: &Task, taskloom: &syn::Path) -> TokenStream {
    let (name, ty, visibility) = (&bound.name, &bound.ty, &task.function.vis);
    let doc = format!("Binds the parameter `{name}`: to a value, or to what other tasks give.");
    quote! {
        #[doc = #doc]
        #visibility fn #name(mut self, #name: impl ::core::convert::Into<#taskloom::Arg<#ty>>) -> Self {
            self.builder.bind(#number, #name.into());
            self
        }
    }
}

pub(crate) fn operators(operand: &TokenStream, taskloom: &syn::Path) -> TokenStream {
    let private = quote!(#taskloom::__private);
    quote! {
        impl #taskloom::IntoFragment for #operand {
            fn into_fragment(self) -> #taskloom::Fragment {
                #taskloom::HasOutput::builder(&self).fragment()
            }
        }

        impl #taskloom::NextTask for #operand {
            fn into_target(self) -> #private::Next {
                #taskloom::HasOutput::builder(&self).next()
            }
        }

        impl<R: #taskloom::IntoFragment> ::core::ops::Shr<R> for #operand {
            type Output = #taskloom::Fragment;
            fn shr(self, right: R) -> #taskloom::Fragment {
                #private::then(self, right)
            }
        }

        impl<R: #taskloom::IntoFragment> ::core::ops::Shl<R> for #operand {
            type Output = #taskloom::Fragment;
            fn shl(self, left: R) -> #taskloom::Fragment {
                #private::then(left, self)
            }
        }

        impl<R: #taskloom::IntoFragment> ::core::ops::BitOr<R> for #operand {
            type Output = #taskloom::Fragment;
            fn bitor(self, right: R) -> #taskloom::Fragment {
                #private::beside(self, right)
            }
        }
    }
}

/// A function that gives the definition, made at its first use.
fn definition(task: &Task, taskloom: &syn::Path, output: &TokenStream) -> TokenStream {
    let private = quote!(#taskloom::__private);
    let name = &task.function.sig.ident;
    let id = task.options.id.as_ref().map_or_else(|| name.unraw().to_string(), syn::LitStr::value);
    let parameters = task.bound().map(|bound| {
        let (ty, text, has_default) = (&bound.ty, bound.name.unraw().to_string(), bound.default.is_some());
        quote!((#private::parameter::<#ty>(#text, #has_default), #private::Probe::<#ty>::LIST, #private::Probe::<#ty>::CODING))
    });
    let max_retries = task.options.max_retries.iter();
    let max_cycles = task.options.max_cycles.iter();
    let always = task.options.always.iter();
    let timeout = task.options.timeout.iter().map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let body = body(task, &private);
    // The line of the function's name is where the definition is said to be.
    let place = quote_spanned!(name.span() => ::core::panic::Location::caller());
    quote! {
        fn definition() -> &'static #taskloom::Definition {
            static DEFINITION: #private::OnceLock<#taskloom::Definition> = #private::OnceLock::new();
            DEFINITION.get_or_init(|| {
                #[allow(unused_imports)]
                use #private::{NotCoded as _, NotList as _};
                #[allow(unused_mut)]
                let mut options = #private::Options::default();
                #(options.retry.max_retries = #max_retries;)*
                #(options.always = #always;)*
                #(options.max_cycles = ::core::option::Option::Some(#max_cycles);)*
                #(options.timeout = ::core::option::Option::Some(::core::time::Duration::from_millis(#timeout));)*
                let parameters = ::std::vec![#(#parameters),*];
                let output = #private::Probe::<#output>::CODING;
                #private::definition::<#output>(#id, parameters, output, options, #place, #body)
            })
        }
    }
}

/// How the engine calls the function.
fn body(task: &Task, private: &TokenStream) -> TokenStream {
    let name = &task.function.sig.ident;
    let fetched = task.bound().enumerate().map(|(number, bound)| fetch(number, bound));
    let mut number = 0_usize;
    let passed: Vec<TokenStream> = task
        .parameters
        .iter()
        .map(|parameter| match parameter {
            Parameter::Context { reference: true } => quote!(&context),
            Parameter::Context { reference: false } => quote!(context),
            Parameter::Bound(bound) => {
                let local = format_ident!("argument_{number}");
                number += 1;
                match bound.pass {
                    Pass::Owned | Pass::Optional(_) => quote!(#local),
                    Pass::Shared | Pass::SharedOptional(_) => quote!(&*#local),
                    Pass::Slice => quote!(&**#local),
                }
            }
        })
        .collect();
    let wants_context = task.parameters.iter().any(|parameter| matches!(parameter, Parameter::Context { .. }));
    let context = wants_context.then(|| quote!(let context = arguments.context();));
    // What the output's type does not meet is reported there.
    let returned = match &task.function.sig.output {
        syn::ReturnType::Default => name.span(),
        syn::ReturnType::Type(_, ty) => ty.span(),
    };
    let settle = |call: TokenStream| {
        if task.output.fallible {
            quote_spanned!(returned=> #private::outcome(#private::split(#call)?))
        } else {
            quote_spanned!(returned=> #private::outcome(#call))
        }
    };
    let call = quote_spanned!(returned=> #name(#(#passed),*));
    let (kind, run) = if task.function.sig.asyncness.is_some() {
        let settled = settle(quote!(#call.await));
        // Under a name of one token, which can have the span of the function's.
        let boxed = quote_spanned!(name.span()=> __taskloom_asynchronous(async move { #settled }));
        (quote!(Async), quote!(use #private::asynchronous as __taskloom_asynchronous; #boxed))
    } else {
        (quote!(Sync), settle(call))
    };
    let noted = noted(task, private);
    quote! {
        #private::Function::#kind(|arguments: &#private::Arguments<'_>| {
            #context
            #(#fetched)*
            #noted
            #run
        })
    }
}

/// Tells recorders what the function is called with.
fn noted(task: &Task, private: &TokenStream) -> TokenStream {
    let texts = task.bound().enumerate().map(|(number, bound)| {
        let local = format_ident!("argument_{number}");
        match bound.pass {
            Pass::Owned | Pass::Optional(_) => quote!((&#private::Shown(&#local)).text()),
            Pass::Shared | Pass::SharedOptional(_) | Pass::Slice => quote!((&#private::Shown(&*#local)).text()),
        }
    });
    quote! {
        arguments.note(|| {
            #[allow(unused_imports)]
            use #private::{ShowsDebug as _, ShowsType as _};
            ::std::vec![#(#texts),*]
        });
    }
}

fn fetch(number: usize, bound: &Bound) -> TokenStream {
    let local = format_ident!("argument_{number}");
    let ty = &bound.ty;
    let default = if let Some(default) = &bound.default {
        quote!(|| ::core::option::Option::Some(#default))
    } else {
        quote!(|| ::core::option::Option::None)
    };
    match &bound.pass {
        // A bound that the type does not meet is reported at the type.
        Pass::Owned => quote_spanned!(ty.span()=> let #local = arguments.owned::<#ty>(#number, #default)?;),
        Pass::Optional(inner) => {
            quote_spanned!(ty.span()=> let #local = arguments.optional::<#inner>(#number, #default)?;)
        }
        Pass::SharedOptional(inner) => {
            quote_spanned!(ty.span()=> let #local = arguments.shared_optional::<#inner>(#number, #default)?;)
        }
        Pass::Shared | Pass::Slice => {
            quote_spanned!(ty.span()=> let #local = arguments.shared::<#ty>(#number, #default)?;)
        }
    }
}
