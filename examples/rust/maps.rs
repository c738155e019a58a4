//! Maps: one execution of a task for each element of a list.

use taskloom::prelude::*;

#[task]
fn cities(country: String) -> Vec<String> {
    let known: &[&str] = if country == "Japan" { &["Tokyo", "Kyoto"] } else { &["Paris", "Lyon"] };
    known.iter().map(|city| (*city).to_owned()).collect()
}

#[task]
fn fetch_weather(city: String, unit: String) -> String {
    format!("{city} in °{unit}")
}

#[task]
fn count(texts: Vec<String>) -> usize {
    texts.len()
}

#[task]
fn find(word: String, words: Vec<String>) -> Result<usize, String> {
    words.iter().position(|each| *each == word).ok_or_else(|| format!("there is no {word}"))
}

fn main() -> taskloom::Result<()> {
    // The list may be a task's output, the result another one's argument; a plain value goes to all.
    let japan = cities::task().task_id("japan").country("Japan");
    let weather = fetch_weather::map().task_id("weather").city(&japan).unit("C").max_concurrency(8);
    let run = Workflow::new("map").add(count::task().task_id("count").texts(&weather)).execute().blocking()?;
    println!("{:?}, {} texts", run.output_of(&weather)?, run.output::<usize>("count")?);
    // Each element is a task with an id of its own.
    println!("{}", run.output::<String>("weather[Kyoto]")?);

    // All combinations, and side by side.
    let product = fetch_weather::product().task_id("product").city(["Oslo", "Rome"]).unit(["C", "F"]);
    let zip = fetch_weather::zip().task_id("zip").city(["Oslo", "Rome"]).unit(["C", "F"]);
    let run = Workflow::new("lists").add(&product >> &zip).execute().blocking()?;
    println!("{:?}", run.output_of(&product)?);
    println!("{:?}", run.output_of(&zip)?);

    // A list where the parameter is one is a plain value: each execution takes all of it.
    let words = || ["a", "b"].map(str::to_owned).to_vec();
    let found = find::map().task_id("found").word(["b", "x", "a"]).words(words());
    // The map fails with the first element that does, unless a policy judges all of them.
    if let Err(error) = Workflow::new("strict").add(&found).execute().max_concurrency(1).blocking() {
        println!("{}", error.to_string().lines().next().unwrap_or_default());
    }
    let found = found.policy(Policy::AtLeast(2));
    let run = Workflow::new("most").add(&found).execute().blocking()?;
    println!("{:?}", run.output_of(&found)?);
    Ok(())
}
