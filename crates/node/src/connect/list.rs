//! A list of values as makers print it in manuals, in place of looking around: for devices that tell nothing of themselves.
//! Enters: CSV. Leaves: what was found. Absent: the device.
//!
//! ```text
//! address,device,name,unit,description
//! 7/input/0/f32,oven-1,power,W,electrical power
//! ```

use crate::config::Faults;
use drivers::Protocol;
use survey::{Data, Found};

/// Most rows taken.
const ROWS_MAX: usize = 100_000;
/// What the head may hold.
const COLUMNS: [&str; 5] = ["address", "device", "name", "unit", "description"];

/// Reads a list; `file` is what faults call it.
///
/// # Errors
/// Every row that cannot be used.
pub fn read(file: &str, text: &str, protocol: &Protocol) -> Result<Vec<Found>, Faults> {
    let text = text.trim_start_matches('\u{feff}');
    let semicolons = text.lines().next().is_some_and(|head| head.matches(';').count() > head.matches(',').count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_lowercase).collect()).unwrap_or_default();
    let column = |name: &str| head.iter().position(|h| h == name);
    let (Some(_), Some(_)) = (column("address"), column("name")) else {
        let found = format!("the head `{}`", head.join(","));
        return Err(Faults::of_file(
            file,
            found,
            format!("a head with `address` and `name`, of the columns {}", COLUMNS.join(", ")),
        ));
    };
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for (row, record) in reader.records().enumerate().take(ROWS_MAX + 1) {
        let place = format!("{file}, row {}", row + 2);
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.extend(Faults::of_file(&place, error.to_string(), "a row of CSV").list);
                continue;
            }
        };
        let cell = |name: &str| column(name).and_then(|at| record.get(at)).map(str::trim).filter(|c| !c.is_empty());
        let (Some(address), Some(name)) = (cell("address"), cell("name")) else {
            faults.extend(Faults::of_file(&place, "no address or no name", "both").list);
            continue;
        };
        if let Err(error) = (protocol.check_channel)(address) {
            faults.extend(Faults::of_file(&place, format!("`{address}` ({})", error.trouble), error.allowed).list);
            continue;
        }
        let device: Vec<String> = cell("device").iter().map(|d| (*d).to_owned()).collect();
        all.push(Found {
            address: address.to_owned(),
            device: (!device.is_empty()).then_some(1),
            path: device.into_iter().chain([name.to_owned()]).collect(),
            unit: cell("unit").map(str::to_owned),
            description: cell("description").map(str::to_owned),
            data: data_of(address),
            ..Found::default()
        });
    }
    if all.len() > ROWS_MAX {
        faults.extend(Faults::of_file(file, format!("more than {ROWS_MAX} rows"), format!("at most {ROWS_MAX}")).list);
    }
    if faults.is_empty() { Ok(all) } else { Err(Faults::gather(faults)) }
}

/// What values a Modbus register holds, by its address; of other protocols it is learned by watching.
fn data_of(address: &str) -> Data {
    use drivers::modbus::{Address, DataType, Meaning};
    let Ok(register) = address.parse::<Address>() else { return Data::Unknown };
    match (register.kind, register.meaning) {
        (_, Meaning::Words(_)) | (DataType::Text(_) | DataType::Log, _) => Data::Text,
        (DataType::Bit | DataType::BitOf(_), _) => Data::Flag,
        (DataType::F32 | DataType::F64, _) => Data::Real,
        (_, Meaning::Scale { factor, offset }) if factor.fract() != 0.0 || offset.fract() != 0.0 => Data::Real,
        _ => Data::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modbus() -> &'static Protocol {
        drivers::ALL.iter().find(|p| p.word == "modbus").expect("there")
    }

    #[test]
    fn a_list_is_read_and_its_faults_are_all_told() {
        let text = "address,device,name,unit\n1/input/0/f32,oven-1,power,W\n1/input/2/u16/0=off,1=run,oven-1,state\n";
        let quoted = text.replace("1/input/2/u16/0=off,1=run", "\"1/input/2/u16/0=off,1=run\"");
        let found = read("list.csv", &quoted, modbus()).expect("good");
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].path.join("/"), found[0].unit.as_deref(), found[0].data),
            ("oven-1/power".to_owned(), Some("W"), Data::Real)
        );
        assert_eq!(found[1].data, Data::Text);
        let german = read("l", "Address;Name;Unit\n1/input/0/f32;Leistung;kW\n", modbus()).expect("semicolons too");
        assert_eq!(german[0].path, ["Leistung"]);
        let faults = read("list.csv", "address,name\n1/input/0/f99,power\n,x\n", modbus()).expect_err("two faults").to_string();
        assert!(faults.contains("row 2") && faults.contains("f99") && faults.contains("row 3"), "{faults}");
        assert!(read("l", "a,b\n1,2\n", modbus()).is_err());
    }
}
