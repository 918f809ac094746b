//! A customer puts a product together and orders it: the date comes from the live schedule, the order is in the plan, kept over a kill,
//! and the same key is the same order.

use super::process::{Answer, Person, Unit, until};
use super::site::SITE;
use serde_json::{Value, json};
use std::net::TcpListener;

const REST: &str = r#"
[web]
listen = "127.0.0.1:0"
[store]
dir = "store"
[[source]]
name = "http"
protocol = "http"
address = "DOOR"
[[machine_type]]
name = "milling"
source = "http"
address = "cell,machine={machine}/{channel}"
channel = [{ name = "state", role = "state", states = { producing = "producing", starved = "starved" } }]
[[machine]]
name = "mill-1"
type = "milling"
[[family]]
name = "Plate"
quantity_max = 50
[[family.group]]
name = "Metal"
options = ["Steel", "Brass"]
usual = ["Steel"]
[[family.number]]
name = "Length"
unit = "mm"
low = 20
high = 200
[[family.step]]
name = "mill"
machines = ["mill-1"]
cycle = "1 min"
instructions = ["Cut {Length} of {Metal}."]
[[family.charge]]
name = "Plate"
amount = "3.00 EUR"
"#;

fn post(unit: &Unit, person: &Person, path: &str, body: &Value) -> Answer {
    let headers = [("cookie", person.cookie.as_str()), ("x-csrf-token", person.csrf.as_str())];
    unit.send(&format!("POST /api/v1/families/Plate/{path}"), &headers, &body.to_string())
}

fn order(key: &str, due: &Value) -> Value {
    let configuration = json!({"with": ["Brass"], "values": [{"name": "Length", "value": 120}], "quantity": 30});
    json!({ "key": key, "due": due, "configuration": configuration })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_promised_kept_planned_and_there_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let file = folder.path().join("unit.toml");
    std::fs::write(&file, SITE.to_owned() + &REST.replace("DOOR", &door.to_string())).expect("written");
    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let wanted = order("the-first-key", &Value::Null)["configuration"].clone();
    let promise = post(&unit, &person, "promise", &wanted).json();
    assert!(
        promise["planned"].as_str() > promise["at"].as_str() && promise["due"].as_str() >= promise["planned"].as_str(),
        "{promise}"
    );
    assert_eq!((&promise["sure"], &promise["promises"]), (&json!(90.0), &json!(0)), "nothing is known of the past yet");
    let early = post(&unit, &person, "orders", &order("too-early", &promise["at"]));
    assert_eq!(early.status, 409, "{}", early.body);
    // the clock goes on between promise and order: a customer who is shown a date has some time to order
    let due = json!("2099-01-01T00:00:00Z");
    let taken = post(&unit, &person, "orders", &order("the-first-key", &due)).json();
    assert_eq!(taken, json!({"name": "C-0001", "due": due, "is_repeated": false}));
    let again = post(&unit, &person, "orders", &order("the-first-key", &due)).json();
    assert_eq!(again, json!({"name": "C-0001", "due": due, "is_repeated": true}));
    let planned = until("the order in the schedule", || {
        let schedule = unit.get("/api/v1/schedule", &person);
        schedule["tasks"].as_array()?.iter().find(|task| task["order"] == "C-0001").cloned()
    });
    let task = planned.await;
    assert_eq!(
        (&task["machine"], &task["operation"], &task["product"]),
        (&json!("mill-1"), &json!("mill"), &json!("Plate C-0001"))
    );
    let second = post(&unit, &person, "promise", &wanted).json();
    assert!(second["planned"].as_str() > promise["planned"].as_str(), "behind the first: {second}, {promise}");
    unit.kill();

    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let detail = unit.get("/api/v1/orders/C-0001", &person);
    assert_eq!(detail["steps"][0]["instructions"][0], "Cut 120 mm of Brass.");
    assert_eq!((&detail["price"], &detail["quantity"]), (&json!({"minor": 9_000, "currency": "EUR"}), &json!(30)));
    let orders = unit.get("/api/v1/orders", &person);
    let names: Vec<&str> = orders.as_array().expect("orders").iter().filter_map(|o| o["name"].as_str()).collect();
    assert_eq!(names, ["C-0001"]);
    assert_eq!(orders[0]["promised_sure"], json!(90.0));
    let again = post(&unit, &person, "orders", &order("the-first-key", &due)).json();
    assert_eq!((&again["name"], &again["is_repeated"]), (&json!("C-0001"), &json!(true)));
    let next = post(&unit, &person, "orders", &order("another-key", &due)).json();
    assert_eq!((&next["name"], &next["is_repeated"]), (&json!("C-0002"), &json!(false)));
    let audit = unit.get("/api/v1/audit?limit=50", &person);
    let accepted = audit.as_array().expect("lines").iter().filter(|line| line["what"] == "order_accepted");
    let about: Vec<&str> = accepted.filter_map(|line| line["about"].as_str()).collect();
    assert_eq!(about, ["C-0002", "C-0001"], "once each");
    let (status, _, _) = unit.end();
    assert!(status.success());
}
