//! Which column means what: proposed by the names that ERP systems and people give them, corrected by what was told.
//!
//! Enters: the header, `FIELD=COLUMN` as told. Leaves: a [`Mapping`], or what is lacking. Absent: the rows.

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Name of the order.
    Order,
    /// Name of the product.
    Product,
    /// Good pieces wanted.
    Quantity,
    /// Not started before.
    Release,
    /// Promised for.
    Due,
    /// Place of the operation in the route, a number.
    Step,
    /// Name of the operation.
    Operation,
    /// Machines that can do it, parted by `,` `;` `/` `|` or a space.
    Machines,
    /// Planned time a piece.
    Cycle,
    /// Planned set-up time.
    SetUp,
    /// Set-up family.
    Family,
}

/// Fields of a table of orders, and of routings; the first `NEEDED` of each must be there.
pub const ORDERS: &[Field] = &[Field::Order, Field::Product, Field::Quantity, Field::Due, Field::Release];
/// See [`ORDERS`].
pub const ROUTING: &[Field] =
    &[Field::Product, Field::Operation, Field::Machines, Field::Cycle, Field::Step, Field::SetUp, Field::Family];
/// How many of the fields must be there.
pub const NEEDED: usize = 4;

/// Names of columns by field, as exports have them: English, German, Chinese, and the technical names of SAP (AFKO, AFPO, PLPO).
const NAMES: [(Field, &str, &[&str]); 11] = [
    (
        Field::Order,
        "order",
        &[
            "order",
            "orderno",
            "ordernumber",
            "orderid",
            "workorder",
            "productionorder",
            "mo",
            "wo",
            "job",
            "auftrag",
            "auftragsnr",
            "auftragsnummer",
            "fertigungsauftrag",
            "aufnr",
            "工单",
            "工单号",
            "订单",
            "订单号",
            "生产订单",
        ],
    ),
    (
        Field::Product,
        "product",
        &[
            "product",
            "productno",
            "item",
            "itemno",
            "material",
            "materialno",
            "article",
            "part",
            "partno",
            "sku",
            "artikel",
            "artikelnr",
            "materialnummer",
            "teil",
            "matnr",
            "plnbez",
            "产品",
            "物料",
            "料号",
            "物料编码",
            "品号",
        ],
    ),
    (
        Field::Quantity,
        "quantity",
        &[
            "quantity",
            "qty",
            "orderqty",
            "amount",
            "pieces",
            "menge",
            "auftragsmenge",
            "stück",
            "stueck",
            "gamng",
            "psmng",
            "数量",
            "订单数量",
            "计划数量",
        ],
    ),
    (
        Field::Release,
        "release",
        &[
            "release",
            "releasedate",
            "start",
            "startdate",
            "earlieststart",
            "freigabe",
            "starttermin",
            "gstrp",
            "gstrs",
            "ftrms",
            "开始",
            "开工日期",
            "下达日期",
            "计划开始",
        ],
    ),
    (
        Field::Due,
        "due",
        &[
            "due",
            "duedate",
            "deliverydate",
            "delivery",
            "finish",
            "enddate",
            "requireddate",
            "termin",
            "liefertermin",
            "endtermin",
            "gltrp",
            "gltrs",
            "交期",
            "交货日期",
            "完工日期",
            "计划完成",
        ],
    ),
    (
        Field::Step,
        "step",
        &[
            "step",
            "opno",
            "operationno",
            "sequence",
            "seq",
            "position",
            "pos",
            "vorgangsnummer",
            "avo",
            "vornr",
            "工序号",
            "序号",
        ],
    ),
    (
        Field::Operation,
        "operation",
        &["operation", "operationname", "process", "task", "vorgang", "arbeitsgang", "ltxa1", "工序", "工序名称"],
    ),
    (
        Field::Machines,
        "machines",
        &[
            "machines",
            "machine",
            "workcenter",
            "workcentre",
            "resource",
            "resources",
            "maschine",
            "maschinen",
            "arbeitsplatz",
            "arbpl",
            "机器",
            "设备",
            "工作中心",
        ],
    ),
    (
        Field::Cycle,
        "cycle",
        &[
            "cycle",
            "cycletime",
            "runtime",
            "timeperpiece",
            "processtime",
            "stückzeit",
            "stueckzeit",
            "bearbeitungszeit",
            "vgw02",
            "te",
            "节拍",
            "单件工时",
            "加工时间",
        ],
    ),
    (
        Field::SetUp,
        "set_up",
        &["setup", "setuptime", "changeover", "rüstzeit", "ruestzeit", "vgw01", "tr", "换型", "准备时间", "换型时间"],
    ),
    (
        Field::Family,
        "family",
        &["family", "setupfamily", "setupgroup", "group", "familie", "rüstgruppe", "ruestgruppe", "rfgrp", "族", "产品族"],
    ),
];

/// Units of time that a column's name may carry, and their length [s].
const UNITS: [(&str, f64); 12] = [
    ("s", 1.0),
    ("sec", 1.0),
    ("sek", 1.0),
    ("seconds", 1.0),
    ("秒", 1.0),
    ("min", 60.0),
    ("minutes", 60.0),
    ("minuten", 60.0),
    ("分钟", 60.0),
    ("h", 3_600.0),
    ("hours", 3_600.0),
    ("小时", 3_600.0),
];

impl Field {
    /// Its word, as it is told on the command line.
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|(field, ..)| *field == self).map_or("", |(_, word, _)| word)
    }
    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        NAMES.iter().find(|(_, w, _)| *w == word).map(|(field, ..)| *field)
    }
}

/// Which column is read as which field.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Whether the rows are operations of routings; else they are orders.
    pub is_routing: bool,
    /// Field, place of its column, the column's name, and whether a person told it.
    pub columns: Vec<(Field, usize, String, bool)>,
}

impl Mapping {
    /// The place and name of a field's column.
    pub fn column(&self, field: Field) -> Option<(usize, &str)> {
        self.columns.iter().find(|(f, ..)| *f == field).map(|(_, place, name, _)| (*place, name.as_str()))
    }
}

/// A name without case, spaces, signs, and what stands in brackets.
fn plain(name: &str) -> String {
    let name = name.split(['[', '(', '（']).next().unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The unit of time that a column's name carries in brackets [s].
pub fn unit_of(name: &str) -> Option<f64> {
    let inner = name.split(['[', '(', '（']).nth(1)?.trim_end_matches([']', ')', '）']);
    let inner = inner.trim().to_lowercase();
    UNITS.iter().find(|(word, _)| *word == inner).map(|(_, length)| *length)
}

/// Proposes what columns mean, after what was told.
///
/// # Errors
/// What was told names no field or no column, or a field that must be there has no column; with what there is.
pub fn mapping(header: &[String], told: &[String]) -> Result<Mapping, String> {
    let listed = || header.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut columns: Vec<(Field, usize, String, bool)> = Vec::new();
    for words in told {
        let (field, name) = words.split_once('=').ok_or_else(|| format!("--map `{words}`: allowed is FIELD=COLUMN"))?;
        let fields = NAMES.map(|(_, word, _)| word).join(", ");
        let field = Field::from_word(field.trim()).ok_or_else(|| format!("--map `{words}`: allowed are the fields {fields}"))?;
        let place = header.iter().position(|h| h.trim() == name.trim());
        let place = place.ok_or_else(|| format!("--map `{words}`: there is no such column; allowed are {}", listed()))?;
        if columns.iter().any(|(f, ..)| *f == field) {
            return Err(format!("--map `{words}`: the field has a column already; allowed is one"));
        }
        columns.push((field, place, header[place].clone(), true));
    }
    for (field, _, names) in &NAMES {
        let is_free = |place: usize| columns.iter().all(|(f, p, ..)| f != field && *p != place);
        // the names are listed the most telling first
        let places = names.iter().flat_map(|name| header.iter().enumerate().filter(move |(_, h)| plain(h) == *name));
        if let Some((place, name)) = places.map(|(place, name)| (place, name.clone())).find(|(place, _)| is_free(*place)) {
            columns.push((*field, place, name, false));
        }
    }
    let lacking = |wanted: &[Field]| -> Vec<&'static str> {
        wanted[..NEEDED].iter().filter(|f| columns.iter().all(|(c, ..)| c != *f)).map(|f| f.word()).collect()
    };
    let (orders, routing) = (lacking(ORDERS), lacking(ROUTING));
    if !orders.is_empty() && !routing.is_empty() {
        return Err(format!(
            "the columns {} are neither orders (no column for {}) nor routings (no column for {}); say which it is with --map FIELD=COLUMN",
            listed(),
            orders.join(", "),
            routing.join(", ")
        ));
    }
    let is_routing = !orders.is_empty();
    let fields = if is_routing { ROUTING } else { ORDERS };
    columns.retain(|(field, ..)| fields.contains(field));
    columns.sort_by_key(|(field, ..)| fields.iter().position(|f| f == field));
    Ok(Mapping { is_routing, columns })
}
