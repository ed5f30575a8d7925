//! Sources of files as people have them: found out, read by a plan, and nothing lost without a word.

use std::collections::BTreeMap;
use std::io::Write;

use plumb_lake::{Deriving, IngestReport, Lake, Source, SourceKind, SqlFile, SqlLimits, ingest};
use tempfile::TempDir;

use crate::company::{day, lock};

/// A project with one source, `crm`, whose leads have an id, a date and a size.
struct Project {
    folder: TempDir,
    source: Source,
    lead: String,
}

impl Project {
    fn new(kind: SourceKind, url: &str) -> Project {
        let folder = TempDir::new().expect("a temporary folder");
        let lead = "SELECT 'crm:' || id AS lead_key, created AS created_at, size, _origin FROM crm.records".to_owned();
        Project { folder, source: Source::new(kind, url), lead }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    fn try_ingest(&self) -> Result<IngestReport, String> {
        let sql = |name: &str, sql: &str| SqlFile { name: format!("sources/{name}.sql"), sql: sql.into() };
        let files = [
            sql("lead", &self.lead),
            sql("event", "SELECT '' AS lead_key, '' AS kind, '' AS at WHERE false"),
            sql("outcome", "SELECT '' AS lead_key, '' AS target, true AS positive, '' AS at WHERE false"),
        ];
        let sources = BTreeMap::from([("crm".to_owned(), self.source.clone())]);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let project = self.folder.path();
        let (lock, limits) = (lock(&project.join("data")), SqlLimits::default());
        let run = ingest(&sources, &files, project, &lock, Deriving::here(&limits), &|_| ());
        let report = runtime.block_on(run).map_err(|error| error.to_string())?;
        match &report.sources[0].failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(report),
        }
    }

    fn ingest(&self) -> IngestReport {
        self.try_ingest().expect("it can be read")
    }

    /// Returns each lead with its size, in the order of ids.
    fn sizes(&self) -> Vec<String> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let leads = runtime.block_on(async {
            let lake = Lake::open(&self.folder.path().join("data")).await.expect("ingested");
            lake.leads(day(400)).await.expect("readable")
        });
        leads.iter().map(|lead| format!("{} {:?}", lead.lead_id, lead.fields.get("size"))).collect()
    }
}

/// Checks that a file of any format has the same two leads.
#[track_caller]
fn check(name: &str, bytes: impl AsRef<[u8]>) {
    let project = Project::new(SourceKind::Files, "export.*");
    project.write(name, bytes);
    let report = project.ingest();
    assert_eq!((report.counts.leads, report.rejected.len()), (2, 0), "{name}: {report:?}");
    let sizes = project.sizes();
    assert!(sizes[0].starts_with("crm:1 ") && sizes[0].contains("groß"), "{name}: {sizes:?}");
    assert!(sizes[1].starts_with("crm:2 ") && sizes[1].contains("1,5"), "{name}: {sizes:?}");
    let again = project.ingest();
    assert!(again.unchanged && again.sources[0].files_unchanged == 1, "{name}: {again:?}");
}

const EUROPEAN: &str = "id;created;size\r\n1;2026-01-01;groß\r\n2;2026-01-02;1,5\r\n";

#[test]
fn a_file_of_any_format_is_found_out() {
    check("export.csv", EUROPEAN);
    let (latin, _, _) = encoding_rs_of(EUROPEAN);
    check("export.csv", latin);
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(EUROPEAN.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check("export.txt", utf16);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(EUROPEAN.as_bytes()).expect("packed");
    check("export.csv.gz", gzip.finish().expect("packed"));
    let first = r#"{"id":"1","created":"2026-01-01","size":"groß"}"#;
    let second = r#"{"id":2,"created":"2026-01-02","size":"1,5"}"#;
    check("export.jsonl", format!("{first}\n{second}\n"));
    check("export.json", format!("[{first},\n{second}]"));
    check("export.json", format!(r#"{{"results":[{first},{second}]}}"#));
}

/// Returns a text in Latin-1, of which each letter is one byte.
fn encoding_rs_of(text: &str) -> (Vec<u8>, (), ()) {
    (text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a letter of Latin-1")).collect(), (), ())
}

#[test]
fn cells_stay_as_they_are_written_and_columns_without_a_value_are_there() {
    let mut project = Project::new(SourceKind::Csv, "export.csv");
    project.write("export.csv", "id,created,size,empty\n1,2026-01-01, 007 ,\n");
    project.lead = "SELECT 'crm:' || id AS lead_key, created AS created_at, '[' || size || ']' AS size, empty \
                    FROM crm.records"
        .to_owned();
    assert_eq!(project.ingest().counts.leads, 1);
    assert!(project.sizes()[0].contains("[ 007 ]"), "{:?}", project.sizes());
}

#[test]
fn a_file_that_would_lose_too_much_stops_with_the_way_out() {
    let mut project = Project::new(SourceKind::Csv, "export.csv");
    project
        .write("export.csv", "id,created,size\n1,2026-01-01,5\n2,2026-01-02,6,x,y\n3,2026-01-03,7\n4,2026-01-04,8\n");
    let error = project.try_ingest().expect_err("a quarter is lost");
    for said in ["`export.csv`: 1 of 4 rows (25 %)", "line 3", "`allow_lost = 25` under [source.crm]"] {
        assert!(error.contains(said), "`{error}` does not say `{said}`");
    }
    // Nothing was kept of the file: once it is allowed, all of it is new.
    project.source.allow_lost = 25.0;
    let report = project.ingest();
    assert_eq!((report.sources[0].rows_read, report.sources[0].rows_new, report.rejected.len()), (3, 3, 1));
    assert_eq!((report.rejected[0].line, report.counts.leads), (3, 3));
}

#[test]
fn one_bad_line_of_a_file_that_grows_is_one_of_all() {
    let project = Project::new(SourceKind::Jsonl, "export.jsonl");
    let line = |id: usize| format!("{{\"id\":{id},\"created\":\"2026-01-01\",\"size\":\"1\"}}\n");
    let lines: String = (0..150).map(line).collect();
    project.write("export.jsonl", &lines);
    project.ingest();
    project.write("export.jsonl", format!("{lines}no JSON\n"));
    assert_eq!(project.ingest().rejected.len(), 1, "one line of 151");
    project.write("export.jsonl", format!("{lines}no JSON\nnor this\n{}", line(150)));
    let error = project.try_ingest().expect_err("two lines of 153");
    assert!(error.contains("2 of 153 rows (1.4 %)"), "{error}");
}

#[test]
fn a_plan_of_reading_fixes_how_a_file_is_read() {
    let mut project = Project::new(SourceKind::Files, "export.csv");
    project.source.reading = Some("reading/crm.toml".to_owned());
    project.write("reading/crm.toml", "[file]\nformat = \"csv\"\nseparator = \"|\"\n");
    project.write("export.csv", "id|created|size\n1|2026-01-01|a,b;c\n");
    project.ingest();
    assert!(project.sizes()[0].contains("a,b;c"), "{:?}", project.sizes());
    project.write("reading/crm.toml", "[file]\nseperator = \"|\"\n");
    project.write("export.csv", "id|created|size\n1|2026-01-01|a,b;c\n2|2026-01-01|d\n");
    let error = project.try_ingest().expect_err("a word is wrong");
    assert!(error.contains("`reading/crm.toml` is no plan of reading") && error.contains("seperator"), "{error}");
    project.source.kind = SourceKind::Jsonl;
    project.write("reading/crm.toml", "[file]\nformat = \"csv\"\n");
    let error = project.try_ingest().expect_err("two formats");
    assert!(error.contains("set `kind = \"files\"`"), "{error}");
}

#[test]
fn how_a_file_was_read_is_said_once() {
    let project = Project::new(SourceKind::Files, "export*.csv");
    for number in 1..=3 {
        let text = EUROPEAN.replace("2026", &format!("202{number}"));
        project.write(&format!("export{number}.csv"), encoding_rs_of(&text).0);
    }
    let report = project.ingest();
    let notes = &report.sources[0].notes;
    let encoding = notes.iter().find(|noted| noted.note.what.to_lowercase().contains("1252"));
    let encoding = encoding.unwrap_or_else(|| panic!("the encoding is said: {notes:?}"));
    assert_eq!((encoding.files, encoding.file.as_str()), (3, "export1.csv"), "{notes:?}");
}
