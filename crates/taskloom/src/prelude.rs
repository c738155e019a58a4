//! What a program that defines and runs tasks needs: `use taskloom::prelude::*;`.

pub use crate::{
    BranchRecord, Channel, Context, Fragment, GroupOutput, GroupPolicy, Instance, IntoFragment, MapInstance, MapTask,
    Policy, Run, RunHandle, RunWhen, Secret, Status, Workflow, chain, parallel, task,
};
