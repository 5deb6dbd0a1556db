//! JSON as `metrics.json` has it: a line for each figure, and one for each entry of a list.

use std::io::{self, Write};

use serde_json::Value;

/// Writes an object: each of its entries begins a line, and so does each entry of a list in it.
/// Everything below has no line breaks.
pub(super) fn write(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    let entries = value.as_object().into_iter().flatten();
    let mut before = "{\n";
    for (key, value) in entries {
        write!(out, "{before}  {}: ", Value::from(key.as_str()))?;
        match value {
            Value::Array(list) if list.iter().any(is_compound) => write_list(list, out)?,
            other => serde_json::to_writer(&mut *out, other)?,
        }
        before = ",\n";
    }
    writeln!(out, "\n}}")
}

fn write_list(list: &[Value], out: &mut dyn Write) -> io::Result<()> {
    let mut before = "[\n";
    for entry in list {
        write!(out, "{before}    ")?;
        serde_json::to_writer(&mut *out, entry)?;
        before = ",\n";
    }
    write!(out, "\n  ]")
}

fn is_compound(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_of_a_list_has_a_line() {
        let value = json!({"a": 1.5, "b": [[1, 2], [3, 4]], "c": {"d": [1]}, "e\"": []});
        let mut text = Vec::new();
        write(&value, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let expected = "{\n  \"a\": 1.5,\n  \"b\": [\n    [1,2],\n    [3,4]\n  ],\n  \"c\": {\"d\":[1]},\n  \"e\\\"\": []\n}\n";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
