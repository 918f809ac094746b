//! Tables as ERP systems export them: proposals, faults by row and column, all or nothing.

use super::columns::{Field, mapping, unit_of};
use super::rows::{Line, Wanted};
use super::{read, text};
use drivers::file::table::{Style, Table};
use jiff::tz::TimeZone;
use measure::{Instant, Span};

const UNIT: &str = include_str!("../config/tests/sample.toml");

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn config() -> (tempfile::TempDir, crate::config::Config) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = crate::config::parse("unit.toml", UNIT, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    (folder, config)
}

/// Reads a CSV into a unit; lines, or faults.
fn import(csv: &str, told: &[&str]) -> Result<Vec<Line>, Vec<String>> {
    let (folder, config) = config();
    let path = folder.path().join("export.csv");
    std::fs::write(&path, csv).expect("a file");
    let table = Table::open(&path, &Style::default()).expect("a table");
    let mapping = mapping(&table.columns, &header(told)).map_err(|e| vec![e])?;
    let now: Instant = "2026-03-01T06:00:00Z".parse().expect("an instant");
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    read(table, &mapping, &Wanted { plant: &config.plant, zone, format: None, unit: None, now })
}

#[test]
fn columns_are_proposed_by_the_names_that_exports_give_them() {
    let table = [
        (vec!["Order No.", "Item", "Qty", "Due date"], false, "order product quantity due"),
        (vec!["AUFNR", "MATNR", "GAMNG", "GSTRP", "GLTRP"], false, "order product quantity due release"),
        (vec!["工单号", "物料", "数量", "交期"], false, "order product quantity due"),
        (
            vec!["Artikel", "Vorgang", "Arbeitsplatz", "Stückzeit [min]", "Rüstzeit [min]"],
            true,
            "product operation machines cycle set_up",
        ),
        (vec!["MATNR", "VORNR", "LTXA1", "ARBPL", "VGW02", "VGW01"], true, "product operation machines cycle step set_up"),
    ];
    for (names, is_routing, wanted) in table {
        let found = mapping(&header(&names), &[]).unwrap_or_else(|e| panic!("{names:?}: {e}"));
        let words: Vec<&str> = found.columns.iter().map(|(field, ..)| field.word()).collect();
        assert_eq!((found.is_routing, words.join(" ")), (is_routing, wanted.to_owned()), "{names:?}");
    }
}

#[test]
fn what_is_told_of_columns_comes_first_and_faults_of_it_name_what_is_allowed() {
    let names = header(&["Nr", "Item", "Qty", "Due", "Wanted by"]);
    let told = header(&["order=Nr", "due=Wanted by"]);
    let found = mapping(&names, &told).expect("a mapping");
    assert_eq!((found.column(Field::Order), found.column(Field::Due)), (Some((0, "Nr")), Some((4, "Wanted by"))));
    let table = [
        (&[][..], "no column for order"),
        (&["order"][..], "FIELD=COLUMN"),
        (&["colour=Nr"][..], "order, product, quantity"),
        (&["order=No"][..], "`Wanted by`"),
        (&["order=Nr", "order=Item"][..], "already"),
    ];
    for (told, sentence) in table {
        let refused = mapping(&names, &header(told)).expect_err("a refusal");
        assert!(refused.contains(sentence), "{told:?}: {refused}");
    }
    assert_eq!((unit_of("Stückzeit [min]"), unit_of("cycle (s)"), unit_of("cycle")), (Some(60.0), Some(1.0), None));
}

#[test]
fn orders_are_read_with_local_dates_and_written_so_that_the_unit_reads_them() {
    let (_folder, config) = config();
    let product = &config.plant.products[0].name;
    let csv = format!(
        "Auftrag;Artikel;Menge;Starttermin;Endtermin\nA-1;{product};12;02.03.2026;05.03.2026\nA-2;{product};1 200;;06.03.2026\n"
    );
    let lines = import(&csv, &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    let due: Instant = "2026-03-04T23:00:00Z".parse().expect("an instant");
    assert!(matches!(&lines[0], Line::Order { quantity: 12, due: found, .. } if *found == due), "{lines:?}");
    let after = text::with(UNIT, &lines).expect("a text");
    let folder = tempfile::tempdir().expect("a folder");
    let read = crate::config::parse("unit.toml", &after, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let order = read.plant.order_named("A-2").expect("the order");
    assert_eq!((order.quantity, read.plant.orders.len()), (1_200, config.plant.orders.len() + 2));
}

#[test]
fn routings_are_read_in_the_order_of_their_steps() {
    let (_folder, config) = config();
    let machine = &config.plant.machines[0].name;
    let csv = format!(
        "Part,Op No,Operation,Machine,Cycle time [min],Setup [h]\nlid,20,drill,{machine},1.5,\nlid,10,saw,{machine},2,0.5\n"
    );
    let lines = import(&csv, &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    let after = text::with(UNIT, &lines).expect("a text");
    let folder = tempfile::tempdir().expect("a folder");
    let read = crate::config::parse("unit.toml", &after, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let lid = read.plant.products.iter().find(|p| p.name == "lid").expect("the product");
    let found: Vec<_> = lid.route.iter().map(|o| (o.name.as_str(), o.cycle, o.set_up)).collect();
    assert_eq!(found, [("saw", Span::from_minutes(2), Span::from_minutes(30)), ("drill", Span::from_seconds(90), Span::ZERO)]);
}

#[test]
fn every_fault_has_its_row_and_column_and_nothing_is_imported() {
    let (_folder, config) = config();
    let (product, order) = (&config.plant.products[0].name, &config.plant.orders[0].name);
    let csv = format!(
        "order,product,quantity,release,due\nA 1,{product},3,2026-03-02,2026-03-05\nA-2,gizmo,3,2026-03-02,2026-03-05\n\
         A-3,{product},2.5,2026-03-02,2026-03-05\nA-4,{product},3,2026-03-06,2026-03-05\n{order},{product},3,2026-03-02,2026-03-05\n\
         A-5,{product},3,2026-03-02,2026-03-05\nA-5,{product},3,2026-03-02,2026-03-05\n"
    );
    let faults = import(&csv, &[]).expect_err("faults");
    let wanted = [
        "row 2, column `order`: found `A 1`",
        "row 3, column `product`: found `gizmo`",
        "row 4, column `quantity`: found `2.5`",
        "row 5, column `due`: found `2026-03-05`",
        &format!("row 6, column `order`: found `{order}`"),
        "row 8, column `order`: found `A-5`",
    ];
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(wanted) {
        assert!(fault.starts_with(start) && fault.contains("allowed is"), "{fault}");
    }
}

#[test]
fn dates_that_could_be_either_are_asked_for() {
    let (_folder, config) = config();
    let product = &config.plant.products[0].name;
    let csv = |date: &str| format!("order,product,quantity,due\nA-1,{product},3,{date}\n");
    let faults = import(&csv("03/04/2027"), &[]).expect_err("a fault");
    assert!(faults[0].contains("--time"), "{faults:?}");
    let lines = import(&csv("25/04/2027"), &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    let due: Instant = "2027-04-24T22:00:00Z".parse().expect("an instant");
    assert!(matches!(&lines[0], Line::Order { due: found, .. } if *found == due), "{lines:?}");
}
