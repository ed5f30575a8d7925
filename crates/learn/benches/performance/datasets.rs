//! Estimated and realised performance on the same chunks of rows: ours beside NannyML's.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use plumb_lead::{Column, FeatureSet, MessageCatalog, Table, Values};
use plumb_learn::performance::{Performance, Reference, Terms, adapt, expect, recalibrate};
use plumb_peers::Packages;

use super::moved;

/// Data sets, and the rows of a chunk.
const DATASETS: [(&str, &str, usize); 3] = [
    ("car_loan", "car loan (NannyML's)", 1_000),
    ("employment", "census employment (NannyML's)", 2_000),
    ("moved", "leads whose mix moves (drawn)", 4_000),
];

const TERMS: Terms = Terms { threshold: 0.5, beta: 1.0, cost: None };

/// AUC, precision and recall of each chunk, and the CPU seconds of all.
struct Figures {
    chunks: Vec<[f64; 3]>,
    seconds: f64,
}

/// Rows of a file.
struct File {
    table: Table,
    scores: Vec<f64>,
    labels: Vec<bool>,
    /// The rows of the reference, and those of each chunk.
    reference: Vec<usize>,
    chunks: Vec<Vec<usize>>,
}

/// Prints how far each estimate is from the realised figures, on the data sets that are named, or else on all.
pub(crate) fn print(names: &[String]) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("performance");
    std::fs::create_dir_all(&folder)?;
    let requirements = include_str!("../../../../xtask/bench/monitor_performance.txt");
    let python = plumb_peers::python(&folder.join("python"), &Packages { python_minor: 11, requirements, alone: "" })?;
    println!("\n| data set | chunks | estimate | mean error of AUC | of precision | of recall | CPU s |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let is_named = |name: &str| names.iter().any(|named| named == name);
    let all = !DATASETS.iter().any(|(name, _, _)| is_named(name));
    for (name, title, rows) in DATASETS.into_iter().filter(|(name, _, _)| all || is_named(name)) {
        let file = folder.join(format!("{name}.csv"));
        if name == "moved" {
            moved::write(&file, rows)?;
        } else {
            peer(&python, &["data", name], &file, None, rows)?;
        }
        let figures = folder.join(format!("{name}-nannyml.csv"));
        peer(&python, &["cbpe"], &file, Some(&figures), rows)?;
        let read = File::read(&file)?;
        let realised = read.realised()?;
        let estimates = [
            ("NannyML's CBPE", read_figures(&figures)?),
            ("CBPE", read.estimated(false)?),
            ("PAPE", read.estimated(true)?),
            ("the reference's figures", read.constant()?),
        ];
        for (estimate, found) in estimates {
            let [auc, precision, recall] = errors(&found, &realised)?;
            let chunks = realised.chunks.len();
            println!(
                "| {title} | {chunks} | {estimate} | {auc:.4} | {precision:.4} | {recall:.4} | {:.1} |",
                found.seconds
            );
        }
    }
    Ok(())
}

fn peer(python: &Path, what: &[&str], file: &Path, figures: Option<&Path>, rows: usize) -> Result<(), Box<dyn Error>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../xtask/bench/monitor_performance_peer.py");
    let mut command = Command::new(python);
    command.arg(script).args(what).arg(file).args(figures).arg(rows.to_string());
    plumb_peers::finish(&mut command, "run NannyML")?;
    Ok(())
}

impl File {
    fn read(path: &Path) -> Result<File, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(path)?;
        let headers = reader.headers()?.clone();
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
        let column = |place: usize| Column { name: headers[place].to_owned(), values: values(&rows, place) };
        let table = Table::new((4..headers.len()).map(column).collect())?;
        let (mut reference, mut chunks) = (Vec::new(), BTreeMap::<usize, Vec<usize>>::new());
        for (row, record) in rows.iter().enumerate() {
            if &record[0] == "reference" {
                reference.push(row);
            } else {
                chunks.entry(record[1].parse()?).or_default().push(row);
            }
        }
        Ok(File {
            table,
            scores: rows.iter().map(|record| record[3].parse()).collect::<Result<_, _>>()?,
            labels: rows.iter().map(|record| &record[2] == "1").collect(),
            reference,
            chunks: chunks.into_values().collect(),
        })
    }

    fn scores(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| self.scores[*row]).collect()
    }

    fn truth(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| f64::from(u8::from(self.labels[*row]))).collect()
    }

    fn realised(&self) -> Result<Figures, Box<dyn Error>> {
        let chunks =
            self.chunks.iter().map(|rows| figures(&expect(&self.scores(rows), &self.truth(rows), 0.0, &TERMS)?));
        Ok(Figures { chunks: chunks.collect::<Result<_, _>>()?, seconds: 0.0 })
    }

    /// What one would say without any estimate: that all is as it was.
    fn constant(&self) -> Result<Figures, Box<dyn Error>> {
        let rows = &self.reference;
        let reference = figures(&expect(&self.scores(rows), &self.truth(rows), 0.0, &TERMS)?)?;
        Ok(Figures { chunks: vec![reference; self.chunks.len()], seconds: 0.0 })
    }

    fn estimated(&self, is_adapted: bool) -> Result<Figures, Box<dyn Error>> {
        let known = self.table.select(&self.reference);
        let features = FeatureSet::learn(&known, &MessageCatalog::default());
        let (matrix, _) = features.encode(&known)?;
        let scores = self.scores(&self.reference);
        let labels: Vec<bool> = self.reference.iter().map(|row| self.labels[*row]).collect();
        let reference = Reference { features: &features, matrix: &matrix, scores: &scores, labels: &labels };
        let start = plumb_peers::cpu_seconds()?;
        let mut chunks = Vec::new();
        if is_adapted {
            for rows in &self.chunks {
                let (window, _) = features.encode(&self.table.select(rows))?;
                let scores = self.scores(rows);
                let adapted = adapt(&reference, &window, &scores, 1)?;
                chunks.push(figures(&expect(&scores, &adapted.probabilities, adapted.error, &TERMS)?)?);
            }
        } else {
            // One calibration serves all chunks.
            let rows: Vec<usize> = self.chunks.concat();
            let all = recalibrate(&reference, &self.scores(&rows))?;
            let mut rest = &all.probabilities[..];
            for rows in &self.chunks {
                let (probabilities, others) = rest.split_at(rows.len());
                chunks.push(figures(&expect(&self.scores(rows), probabilities, all.error, &TERMS)?)?);
                rest = others;
            }
        }
        Ok(Figures { chunks, seconds: plumb_peers::cpu_seconds()? - start })
    }
}

fn values(rows: &[csv::StringRecord], place: usize) -> Values {
    let number = |record: &csv::StringRecord| match &record[place] {
        "" => Some(f32::NAN),
        text => text.parse().ok(),
    };
    if let Some(numbers) = rows.iter().map(number).collect() {
        return Values::Number(numbers);
    }
    let mut levels: Vec<String> = Vec::new();
    let mut places = BTreeMap::new();
    let codes = rows.iter().map(|record| {
        *places.entry(record[place].to_owned()).or_insert_with_key(|level| {
            levels.push(level.clone());
            levels.len() as u32 - 1
        })
    });
    let codes = codes.collect();
    Values::Category { codes, levels }
}

fn figures(performance: &Performance) -> Result<[f64; 3], Box<dyn Error>> {
    let value =
        |figure: Option<plumb_lead::Metric>| figure.map(|figure| figure.value).ok_or("a chunk has no such figure");
    Ok([value(performance.auc)?, value(performance.precision)?, value(performance.recall)?])
}

fn read_figures(path: &Path) -> Result<Figures, Box<dyn Error>> {
    let (mut chunks, mut seconds) = (Vec::new(), 0.0);
    for row in csv::Reader::from_path(path)?.deserialize() {
        let (_, auc, precision, recall, taken): (usize, f64, f64, f64, f64) = row?;
        chunks.push([auc, precision, recall]);
        seconds = taken;
    }
    Ok(Figures { chunks, seconds })
}

/// Returns the mean distances of the estimates from the realised figures.
fn errors(estimated: &Figures, realised: &Figures) -> Result<[f64; 3], Box<dyn Error>> {
    if estimated.chunks.len() != realised.chunks.len() {
        return Err(format!("{} chunks for {}", estimated.chunks.len(), realised.chunks.len()).into());
    }
    let mut sums = [0.0; 3];
    for (estimated, realised) in estimated.chunks.iter().zip(&realised.chunks) {
        for (sum, (estimated, realised)) in sums.iter_mut().zip(estimated.iter().zip(realised)) {
            *sum += (estimated - realised).abs();
        }
    }
    Ok(sums.map(|sum| sum / realised.chunks.len() as f64))
}
