//! The channel that the tasks of a run share, under a schema, and a loop that works on it.

use taskloom::{Key, prelude::*};

/// The keys that there are. A value of another type does not compile.
struct Notes;

impl Notes {
    const FACTS: Key<Self, Vec<String>> = Key::new("facts");
    const BYTES: Key<Self, i64> = Key::new("bytes");
}

/// Ends the loop by going elsewhere.
#[task]
fn agent(ctx: &Context) -> taskloom::Result<()> {
    let facts = ctx.typed_channel::<Notes>().list(Notes::FACTS)?;
    println!("the agent knows {} facts", facts.len());
    if facts.len() == 2 { ctx.goto(answer::task().task_id("answer")) } else { Ok(()) }
}

/// What the first attempt writes is gone with it, so that a retry leaves nothing double.
#[task(max_retries = 1)]
fn tool(ctx: &Context) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let notes = ctx.typed_channel::<Notes>();
    let fact = format!("fact {}", ctx.cycle_count());
    notes.append(Notes::FACTS, fact.clone())?;
    // An addition acts at once, and a retry does not add again.
    notes.atomic_add(Notes::BYTES, 6)?;
    if ctx.attempt() == 1 { Err("try again".into()) } else { Ok(()) }
}

#[task]
fn answer(ctx: &Context) -> taskloom::Result<String> {
    let notes = ctx.typed_channel::<Notes>();
    Ok(format!("{:?}, {} bytes", notes.list(Notes::FACTS)?, notes.get(Notes::BYTES)?.unwrap_or(0)))
}

/// Without a schema, and with a lock: nobody else reads or writes between the two lines.
#[task]
fn withdraw(ctx: &Context, amount: i64) -> taskloom::Result<bool> {
    let channel = ctx.channel();
    let _lock = channel.lock("balance")?;
    let balance = channel.get::<i64>("balance")?.unwrap_or(0);
    if balance < amount {
        return Ok(false);
    }
    channel.set("balance", balance - amount)?;
    Ok(true)
}

fn main() -> taskloom::Result<()> {
    let (agent, tool) = (agent::task().task_id("agent"), tool::task().task_id("tool"));
    let run = Workflow::new("loop").add(&agent >> &tool >> &agent).execute().blocking()?;
    println!("{}", run.value::<String>()?);

    let withdrawals = (0..10).map(|i| withdraw::task().task_id(format!("w{i}")).amount(30));
    let bank = Workflow::new("bank").add(parallel(withdrawals));
    let run = bank.execute().initial_channel("balance", 100_i64).blocking()?;
    let paid = run.outputs::<bool>().filter(|(_, paid)| **paid).count();
    println!("{paid} of 10 were paid, {} is left", run.channel().get::<i64>("balance")?.unwrap_or(0));
    Ok(())
}
