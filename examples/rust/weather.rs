use taskloom::prelude::*;

#[task]
fn fetch_weather(city: String) -> String {
    format!("Weather for {city}")
}

fn main() -> taskloom::Result<()> {
    let tokyo = fetch_weather::task().task_id("tokyo").city("Tokyo");
    let paris = fetch_weather::task().task_id("paris").city("Paris");
    let london = fetch_weather::task().task_id("london").city("London");

    let run = Workflow::new("weather").add(tokyo >> paris >> london).execute().blocking()?;
    for (_, weather) in run.outputs::<String>() {
        println!("{weather}");
    }
    Ok(())
}
