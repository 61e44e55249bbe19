//! Rows of a Parquet file, as the text that they would be in a CSV file.
//!
//! Only the columns that are asked for are read, some thousand rows at a time. Columns of lists and structures are none
//! of the table's.

use std::{fs::File, io::Write as _};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime};
use parquet::{
    basic::{Compression, ConvertedType, LogicalType, TimeUnit},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    file::reader::{FileReader as _, SerializedFileReader},
    schema::types::ColumnDescriptor,
};

use super::table::Row;
use crate::client::exit::Usage;

/// 1970-01-01, from which days are counted, as a day of the common era.
const EPOCH: i32 = 719_163;
/// Rows that are held at once.
const BATCH: usize = 4096;

/// Rows on their way out of a file.
pub(crate) struct ParquetRows {
    file: SerializedFileReader<File>,
    columns: Vec<Column>,
    /// The group of rows that is read next.
    group: usize,
    /// Rows of the group before it that are still to be read.
    left: usize,
    batch: Batch,
    /// Which row of the batch is next.
    at: usize,
    /// Rows given so far.
    given: u64,
}

/// A column of the table.
struct Column {
    name: String,
    /// Its place among the file's leaves.
    leaf: usize,
    wanted: bool,
    kind: Kind,
    /// The level on which a value is there, and not null.
    level: i16,
    reader: Option<ColumnReader>,
}

/// How a value is told.
#[derive(Clone, Copy)]
enum Kind {
    AsIs,
    Unsigned,
    /// A day, as `2013-01-31`.
    Date,
    /// A moment, of which there are so many in a second, as `2013-01-31 12:30:00`: a day where it is its first.
    Moment(i64),
    /// A number of two bytes.
    Half,
    /// With so many digits behind the point.
    Decimal(u32),
}

/// Some rows, all their fields in one run of bytes.
#[derive(Default)]
struct Batch {
    rows: usize,
    bytes: Vec<u8>,
    fields: Vec<(u32, u32)>,
}

impl ParquetRows {
    /// The rows of a file.
    pub(crate) fn open(file: File) -> anyhow::Result<Self> {
        let file = SerializedFileReader::new(file)?;
        let schema = file.metadata().file_metadata().schema_descr();
        let flat = |leaf: &ColumnDescriptor| leaf.path().parts().len() == 1 && leaf.max_rep_level() == 0;
        let columns = schema.columns().iter().enumerate().filter(|(_, leaf)| flat(leaf)).map(|(at, leaf)| Column {
            name: leaf.name().to_owned(),
            leaf: at,
            wanted: true,
            kind: Kind::of(leaf),
            level: leaf.max_def_level(),
            reader: None,
        });
        let columns = columns.collect();
        Ok(Self { file, columns, group: 0, left: 0, batch: Batch::default(), at: 0, given: 0 })
    }

    /// Names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Reads these columns only. All others are empty.
    pub(crate) fn only(&mut self, wanted: &[usize]) {
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.wanted = wanted.contains(&at);
        }
    }

    /// The next row. Its line is its number.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Row<'_>>> {
        while self.at == self.batch.rows {
            if !self.read()? {
                return Ok(None);
            }
        }
        let width = self.columns.len();
        let fields = &self.batch.fields[self.at * width..(self.at + 1) * width];
        self.at += 1;
        self.given += 1;
        Ok(Some(Row { bytes: &self.batch.bytes, fields, line: self.given, raw: None, broken: None, too_long: false }))
    }

    /// Reads the next batch. Whether there was one.
    fn read(&mut self) -> anyhow::Result<bool> {
        while self.left == 0 {
            if self.group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.group)?;
            self.left = usize::try_from(group.metadata().num_rows()).context("a group of fewer than no rows")?;
            for column in self.columns.iter_mut().filter(|column| column.wanted) {
                must_be_readable(&column.name, group.metadata().column(column.leaf).compression())?;
                let reader = group.get_column_reader(column.leaf);
                column.reader = Some(reader.with_context(|| format!("column {}", column.name))?);
            }
            self.group += 1;
        }
        let rows = self.left.min(BATCH);
        let width = self.columns.len();
        self.batch.rows = rows;
        self.batch.bytes.clear();
        self.batch.fields.clear();
        self.batch.fields.resize(rows * width, (0, 0));
        for (at, column) in self.columns.iter_mut().enumerate() {
            let Column { name, kind, level, reader, .. } = column;
            let Some(reader) = reader else { continue };
            let mut filling = Filling { batch: &mut self.batch, at, width, level: *level };
            filling.column(reader, *kind).with_context(|| format!("column {name}"))?;
        }
        self.left -= rows;
        self.at = 0;
        Ok(true)
    }
}

impl Kind {
    fn of(leaf: &ColumnDescriptor) -> Self {
        let decimal = match leaf.logical_type_ref() {
            Some(LogicalType::Timestamp(of)) => {
                return Self::Moment(match of.unit {
                    TimeUnit::MILLIS => 1_000,
                    TimeUnit::MICROS => 1_000_000,
                    TimeUnit::NANOS => 1_000_000_000,
                });
            }
            Some(LogicalType::Float16) => return Self::Half,
            other => matches!(other, Some(LogicalType::Decimal(_))),
        };
        match leaf.converted_type() {
            converted if decimal || converted == ConvertedType::DECIMAL => {
                Self::Decimal(u32::try_from(leaf.type_scale()).unwrap_or_default())
            }
            ConvertedType::UINT_32 | ConvertedType::UINT_64 => Self::Unsigned,
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIMESTAMP_MILLIS => Self::Moment(1_000),
            ConvertedType::TIMESTAMP_MICROS => Self::Moment(1_000_000),
            _ => Self::AsIs,
        }
    }
}

/// A column on its way into a batch.
struct Filling<'b> {
    batch: &'b mut Batch,
    at: usize,
    width: usize,
    level: i16,
}

impl Filling<'_> {
    fn column(&mut self, reader: &mut ColumnReader, kind: Kind) -> anyhow::Result<()> {
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.values(reader, |out, value| write!(out, "{value}")),
            ColumnReader::Int32ColumnReader(reader) => self.values(reader, |out, value| match kind {
                Kind::AsIs | Kind::Moment(_) | Kind::Half => write!(out, "{value}"),
                Kind::Date => date(out, *value),
                Kind::Unsigned => write!(out, "{}", value.cast_unsigned()),
                Kind::Decimal(scale) => decimal(out, i128::from(*value), scale),
            }),
            ColumnReader::Int64ColumnReader(reader) => self.values(reader, |out, value| match kind {
                Kind::AsIs | Kind::Date | Kind::Half => write!(out, "{value}"),
                Kind::Moment(per_second) => moment(out, *value, per_second),
                Kind::Unsigned => write!(out, "{}", value.cast_unsigned()),
                Kind::Decimal(scale) => decimal(out, i128::from(*value), scale),
            }),
            ColumnReader::FloatColumnReader(reader) => self.values(reader, |out, value| write!(out, "{value}")),
            ColumnReader::DoubleColumnReader(reader) => self.values(reader, |out, value| write!(out, "{value}")),
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.values(reader, |out, value: &ByteArray| bytes(out, value.data(), kind))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.values(reader, |out, value| bytes(out, value.data(), kind))
            }
            // Moments as they were written once.
            ColumnReader::Int96ColumnReader(reader) => {
                self.values(reader, |out, value| moment(out, value.to_micros(), 1_000_000))
            }
        }
    }

    fn values<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        write: impl Fn(&mut Vec<u8>, &T::T) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let mut done = 0;
        while done < self.batch.rows {
            values.clear();
            levels.clear();
            let (rows, ..) = reader.read_records(self.batch.rows - done, Some(&mut levels), None, &mut values)?;
            anyhow::ensure!(rows > 0, "ends before the others");
            let mut values = values.iter();
            for row in done..done + rows {
                // A column that is never null has no levels.
                let there = self.level == 0 || levels.get(row - done) == Some(&self.level);
                let Some(value) = there.then(|| values.next()).flatten() else { continue };
                let from = self.batch.bytes.len();
                write(&mut self.batch.bytes, value)?;
                let field = (u32::try_from(from)?, u32::try_from(self.batch.bytes.len())?);
                self.batch.fields[row * self.width + self.at] = field;
            }
            done += rows;
        }
        Ok(())
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8], kind: Kind) -> std::io::Result<()> {
    if let (Kind::Half, &[low, high]) = (kind, value) {
        return write!(out, "{}", half(u16::from_le_bytes([low, high])));
    }
    let Kind::Decimal(scale) = kind else {
        out.extend_from_slice(value);
        return Ok(());
    };
    let negative = value.first().is_some_and(|first| first & 0x80 != 0);
    let number = value.iter().fold(if negative { -1i128 } else { 0 }, |number, byte| number << 8 | i128::from(*byte));
    decimal(out, number, scale)
}

/// What is no day of the calendar stays a number.
fn date(out: &mut Vec<u8>, days: i32) -> std::io::Result<()> {
    match days.checked_add(EPOCH).and_then(NaiveDate::from_num_days_from_ce_opt) {
        Some(date) => write!(out, "{date}"),
        None => write!(out, "{days}"),
    }
}

/// What is no moment of the calendar stays a number.
fn moment(out: &mut Vec<u8>, value: i64, per_second: i64) -> std::io::Result<()> {
    let nanos = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let nanos = u32::try_from(nanos).unwrap_or_default();
    match DateTime::from_timestamp(value.div_euclid(per_second), nanos).map(|moment| moment.naive_utc()) {
        Some(moment) if moment.time() == NaiveTime::MIN => write!(out, "{}", moment.date()),
        Some(moment) => write!(out, "{moment}"),
        None => write!(out, "{value}"),
    }
}

/// A number of two bytes (IEEE 754, binary16).
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = ((bits >> 10) & 0x1f, f32::from(bits & 0x3ff) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f32.powi(-14),
        0x1f if fraction > 0.0 => f32::NAN,
        0x1f => f32::INFINITY,
        _ => (1.0 + fraction) * 2f32.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Refuses a column whose compression this program does not know, and says what it does.
fn must_be_readable(name: &str, compression: Compression) -> anyhow::Result<()> {
    match compression {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_) => Ok(()),
        Compression::LZ4 | Compression::LZ4_RAW | Compression::LZO | Compression::BROTLI(_) => {
            let told = format!("{compression:?}").to_lowercase();
            let told = told.split('(').next().unwrap_or_default();
            let hint = "write the file with zstd, snappy or gzip, or as CSV";
            Err(Usage(format!("the column {name} is compressed by {told}, which is not read here: {hint}")).into())
        }
    }
}

fn decimal(out: &mut Vec<u8>, value: i128, scale: u32) -> std::io::Result<()> {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    match usize::try_from(scale) {
        Ok(scale) if scale > 0 => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, part) = digits.split_at(digits.len() - scale);
            write!(out, "{sign}{whole}.{part}")
        }
        _ => write!(out, "{sign}{digits}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{path::Path, sync::Arc};

    use parquet::{
        basic::Type as PhysicalType,
        data_type::{ByteArrayType, DoubleType, Int32Type, Int64Type},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::{
            parser::parse_message_type,
            types::{Type, TypePtr},
        },
    };

    use super::*;

    /// Writes a table of text to a Parquet file. An empty text is null.
    pub(crate) fn write_named(path: &Path, names: &[&str], kinds: &[&str], rows: &[Vec<String>]) {
        write(path, &columns(names, kinds), rows, Compression::SNAPPY);
    }

    /// Columns of these names, as the types that a message of columns would say.
    fn columns(names: &[&str], kinds: &[&str]) -> Type {
        let message = |(at, kind): (usize, &&str)| match *kind {
            "amount" => format!("optional int64 c{at} (DECIMAL(12,2));"),
            "count" => format!("optional int32 c{at} (UINT_32);"),
            "date" => format!("optional int32 c{at} (DATE);"),
            "millis" => format!("optional int64 c{at} (TIMESTAMP_MILLIS);"),
            "nanos" => format!("optional int64 c{at} (TIMESTAMP(NANOS,true));"),
            "binary" => format!("optional binary c{at} (UTF8);"),
            kind => format!("optional {kind} c{at};"),
        };
        let fields: Vec<String> = kinds.iter().enumerate().map(message).collect();
        let plain = parse_message_type(&format!("message trade {{ {} }}", fields.join(" "))).unwrap();
        let named = |(field, name): (&TypePtr, &&str)| {
            let info = field.get_basic_info();
            let column = Type::primitive_type_builder(name, field.get_physical_type())
                .with_repetition(info.repetition())
                .with_converted_type(info.converted_type());
            let decimal = info.converted_type() == ConvertedType::DECIMAL;
            let column = if decimal { column.with_precision(12).with_scale(2) } else { column };
            let moment = info.logical_type_ref().filter(|of| matches!(of, LogicalType::Timestamp(_)));
            let column = column.with_logical_type(moment.cloned());
            Arc::new(column.build().unwrap())
        };
        let fields = plain.get_fields().iter().zip(names).map(named).collect();
        Type::group_type_builder("trade").with_fields(fields).build().unwrap()
    }

    fn write(path: &Path, schema: &Type, rows: &[Vec<String>], compression: Compression) {
        let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
        let file = File::create(path).unwrap();
        let mut writer = SerializedFileWriter::new(file, Arc::new(schema.clone()), properties).unwrap();
        for rows in rows.chunks(5_000) {
            let mut group = writer.next_row_group().unwrap();
            for (at, column) in schema.get_fields().iter().enumerate() {
                let mut writer = group.next_column().unwrap().unwrap();
                let texts: Vec<&str> = rows.iter().map(|row| row[at].as_str()).collect();
                let levels: Vec<i16> = texts.iter().map(|text| i16::from(!text.is_empty())).collect();
                let there = texts.iter().filter(|text| !text.is_empty());
                macro_rules! put {
                    ($kind:ty, $value:expr) => {{
                        let values: Vec<_> = there.map($value).collect();
                        writer.typed::<$kind>().write_batch(&values, Some(&levels), None).unwrap()
                    }};
                }
                match column.get_physical_type() {
                    PhysicalType::INT32 => put!(Int32Type, |text| text.parse().unwrap()),
                    PhysicalType::INT64 => put!(Int64Type, |text| text.parse().unwrap()),
                    PhysicalType::DOUBLE => put!(DoubleType, |text| text.parse().unwrap()),
                    _ => put!(ByteArrayType, |text| ByteArray::from(*text)),
                };
                writer.close().unwrap();
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
    }

    const NAMES: [&str; 5] = ["year", "code", "value", "amount", "count"];
    const KINDS: [&str; 5] = ["int32", "binary", "double", "amount", "count"];
    #[test]
    fn values_are_the_text_that_a_csv_file_would_have_whatever_their_type_and_compression() {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<Vec<String>> = (0..12_345)
            .map(|row| {
                let code = if row % 7 == 0 { String::new() } else { format!("{:06}", row % 999) };
                ["2020", &code, &format!("{row}.5"), &(row - 6).to_string(), "-1"].map(str::to_owned).to_vec()
            })
            .collect();
        for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())] {
            let path = folder.path().join("rows.parquet");
            write(&path, &columns(&NAMES, &KINDS), &rows, compression);
            let mut read = ParquetRows::open(File::open(&path).unwrap()).unwrap();
            assert_eq!(read.names(), NAMES);
            for (number, expected) in rows.iter().enumerate() {
                let row = read.next().unwrap().unwrap();
                assert_eq!(row.line, number as u64 + 1);
                let text = |at: usize| std::str::from_utf8(row.get(at).unwrap()).unwrap();
                assert_eq!([text(0), text(1), text(2), text(4)], ["2020", &expected[1], &expected[2], "4294967295"]);
                let amount: f64 = text(3).parse().unwrap();
                assert!((amount * 100.0 - expected[3].parse::<f64>().unwrap()).abs() < 1e-6, "{}", text(3));
            }
            assert!(read.next().unwrap().is_none());
        }
    }

    #[test]
    fn days_are_the_text_that_a_csv_file_would_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let rows = [vec!["15706".to_owned()], vec!["-1".to_owned()]];
        write(&path, &columns(&["period"], &["date"]), &rows, Compression::UNCOMPRESSED);
        let mut read = ParquetRows::open(File::open(&path).unwrap()).unwrap();
        for day in ["2013-01-01", "1969-12-31"] {
            assert_eq!(read.next().unwrap().unwrap().get(0), Some(day.as_bytes()));
        }
    }

    #[test]
    fn moments_are_the_text_that_a_csv_file_would_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let rows = [["1357000200500", "1356998400000000000"], ["1356998400000", "-1"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        write(&path, &columns(&["at", "period"], &["millis", "nanos"]), &rows, Compression::UNCOMPRESSED);
        let mut read = ParquetRows::open(File::open(&path).unwrap()).unwrap();
        for row in [["2013-01-01 00:30:00.500", "2013-01-01"], ["2013-01-01", "1969-12-31 23:59:59.999999999"]] {
            let found = read.next().unwrap().unwrap();
            assert_eq!([found.get(0), found.get(1)], row.map(|text| Some(text.as_bytes())));
        }
        let mut out = Vec::new();
        moment(&mut out, i64::MAX, 1_000).unwrap();
        assert_eq!(out, i64::MAX.to_string().as_bytes(), "it is of no calendar");
    }

    #[test]
    fn numbers_of_two_bytes_are_numbers() {
        let told = |bits: u16| {
            let mut out = Vec::new();
            bytes(&mut out, &bits.to_le_bytes(), Kind::Half).unwrap();
            String::from_utf8(out).unwrap()
        };
        for (bits, text) in [(0x3c00, "1"), (0xc000, "-2"), (0x7bff, "65504"), (0x3555, "0.33325195"), (0, "0")] {
            assert_eq!(told(bits), text);
        }
        assert_eq!((half(0x0001), half(0x7c00), half(0x7e00).is_nan()), (2f32.powi(-24), f32::INFINITY, true));
    }

    #[test]
    fn a_column_that_is_compressed_otherwise_is_refused_with_what_to_do() {
        for good in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())] {
            assert!(must_be_readable("cmdCode", good).is_ok());
        }
        for (bad, told) in [(Compression::LZ4_RAW, "lz4_raw"), (Compression::BROTLI(Default::default()), "brotli")] {
            let refused = must_be_readable("cmdCode", bad).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("the column cmdCode is compressed by {told}, ")), "{refused}");
            assert!(refused.ends_with("write the file with zstd, snappy or gzip, or as CSV"), "{refused}");
        }
    }

    #[test]
    fn only_the_columns_that_are_wanted_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let row = ["2020", "010121", "1", "2", "3"].map(str::to_owned).to_vec();
        write(&path, &columns(&NAMES, &KINDS), &[row], Compression::UNCOMPRESSED);
        let mut read = ParquetRows::open(File::open(&path).unwrap()).unwrap();
        read.only(&[1]);
        let row = read.next().unwrap().unwrap();
        assert_eq!((row.len(), row.get(0), row.get(1)), (5, Some(&b""[..]), Some(&b"010121"[..])));
    }

    #[test]
    fn decimals_of_bytes_keep_their_sign_and_point() {
        let told = |value: &[u8], scale| {
            let mut out = Vec::new();
            bytes(&mut out, value, Kind::Decimal(scale)).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(told(&[0x01, 0x00], 2), "2.56");
        assert_eq!(told(&[0xff], 2), "-0.01");
        assert_eq!(told(&[0xfe, 0x00], 0), "-512");
    }
}
