//! The type of a task's maps: `fetch::map()`, `fetch::product()`, `fetch::zip()`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{GenericArgument, PathArguments, Type, ext::IdentExt};

use crate::{expand::operators, parameter::Bound, task::Task};

/// The type, what begins it, and what connects it. It has no name that anybody could use.
pub(crate) fn map(task: &Task, taskloom: &syn::Path, output: &TokenStream) -> TokenStream {
    let private = quote!(#taskloom::__private);
    let (name, visibility) = (&task.function.sig.ident, &task.function.vis);
    let setters = task.bound().enumerate().map(|(number, bound)| setter(number, bound, visibility, taskloom));
    // A name that errors can show; nobody else can use it.
    let map = format_ident!("{}_map", name.unraw());
    let operators = [quote!(#map), quote!(&#map)].map(|operand| operators(&operand, taskloom));
    let upstream = element(&task.output.ty, task.output.fallible).map(|element| {
        quote! {
            impl ::core::convert::From<&#name> for #taskloom::Each<#element>
            where
                for<'a> #element: ::core::clone::Clone,
            {
                fn from(task: &#name) -> Self {
                    task.builder.each()
                }
            }
        }
    });
    quote! {
        #[allow(non_camel_case_types)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[must_use = "a map does nothing until it is part of a workflow"]
        #visibility struct #map {
            builder: #private::MapBuilder,
        }

        impl #taskloom::MapTask for #name {
            type Map = #map;

            fn begin(builder: #private::MapBuilder) -> #map {
                #map { builder }
            }

            fn defined() -> &'static #taskloom::Definition {
                definition()
            }
        }

        impl #map {
            /// Names the map; the id is unique in a workflow.
            #visibility fn task_id(mut self, id: impl ::core::convert::Into<::std::string::String>) -> Self {
                self.builder.task_id(id);
                self
            }

            #(#setters)*
        }

        impl #taskloom::HasOutput for #map {
            type Output = ::std::vec::Vec<#output>;

            fn builder(&self) -> &#private::Builder {
                self.builder.builder()
            }
        }

        impl #taskloom::HasOutput for &#map {
            type Output = ::std::vec::Vec<#output>;

            fn builder(&self) -> &#private::Builder {
                self.builder.builder()
            }
        }

        impl #taskloom::MapInstance for #map {
            fn map_mut(&mut self) -> &mut #private::MapBuilder {
                &mut self.builder
            }
        }

        impl ::core::convert::From<&#map> for #taskloom::Arg<::std::vec::Vec<#output>> {
            fn from(task: &#map) -> Self {
                task.builder.builder().output()
            }
        }

        impl ::core::convert::From<&#map> for #taskloom::Each<#output>
        where
            for<'a> #output: ::core::clone::Clone,
        {
            fn from(task: &#map) -> Self {
                task.builder.builder().each()
            }
        }

        impl ::core::convert::From<&#name> for #taskloom::Each<#output> {
            fn from(task: &#name) -> Self {
                task.builder.same()
            }
        }

        #upstream

        #(#operators)*
    }
}

fn setter(number: usize, bound: &Bound, visibility: &syn::Visibility, taskloom: &syn::Path) -> TokenStream {
    let (name, ty) = (&bound.name, &bound.ty);
    let doc =
        format!("Binds the parameter `{name}`: to a list, of which each execution takes one element, or for all.");
    quote! {
        #[doc = #doc]
        #visibility fn #name(mut self, #name: impl ::core::convert::Into<#taskloom::Each<#ty>>) -> Self {
            self.builder.bind(#number, #name.into());
            self
        }
    }
}

/// The type of the elements, if a task gives a `Vec` of them.
fn element(ty: &Type, fallible: bool) -> Option<&Type> {
    let list = if fallible { argument(ty, "Result")? } else { ty };
    argument(list, "Vec")
}

fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
