//! Several modules of JavaScript as one script, as far as the page's own ones need it: what they import stands in lines of
//! its own, and what they export is declared where it is exported.

use anyhow::{Result, bail};

/// The name of a module, and its text.
pub(crate) type Module<'a> = (&'a str, &'a str);

/// The script of the module `entry`, with all that it imports before it.
///
/// # Errors
/// An import of what is not there.
pub(crate) fn bundle(modules: &[Module], entry: &str) -> Result<String> {
    let mut order = Vec::new();
    follow(modules, entry, &mut order)?;
    Ok(order.into_iter().map(wrapped).collect())
}

/// Adds a module to the order, behind what it imports.
fn follow<'a>(modules: &[Module<'a>], name: &str, order: &mut Vec<Module<'a>>) -> Result<()> {
    if order.iter().any(|(known, _)| *known == name) {
        return Ok(());
    }
    let Some(module) = modules.iter().find(|(known, _)| *known == name) else {
        bail!("there is no module {name}");
    };
    for (_, from) in module.1.lines().filter_map(import) {
        follow(modules, from, order)?;
    }
    order.push(*module);
    Ok(())
}

/// What an import takes, and from which module.
fn import(line: &str) -> Option<(&str, &str)> {
    let (taken, from) = line.strip_prefix("import ")?.split_once(" from \"./")?;
    Some((
        taken.strip_prefix("* as ").unwrap_or(taken),
        from.strip_suffix("\";")?,
    ))
}

/// The name by which a script knows a module.
fn variable(module: &str) -> String {
    format!("module_{}", module.trim_end_matches(".js"))
}

/// A module as a function that runs once, and gives what the module exports.
fn wrapped((name, text): Module) -> String {
    let (mut body, mut exported) = (String::new(), Vec::new());
    let text = match text.rsplit_once(";export{") {
        Some((before, rest)) => {
            // The one that has all of its exports at its end.
            let names = rest.split('}').next().unwrap_or_default().split(',');
            let pairs = names.filter_map(|pair| pair.split_once(" as "));
            exported.extend(pairs.map(|(own, name)| format!("{name}: {own}")));
            format!("{before};")
        }
        None => text.to_owned(),
    };
    for line in text.lines() {
        if let Some((taken, from)) = import(line) {
            body += &format!("const {taken} = {};\n", variable(from));
            continue;
        }
        let declared = line.strip_prefix("export ");
        exported.extend(declared.and_then(declared_name).map(str::to_owned));
        body += declared.unwrap_or(line);
        body.push('\n');
    }
    let exported = exported.join(", ");
    format!(
        "const {} = (() => {{\n{body}return {{ {exported} }};\n}})();\n",
        variable(name)
    )
}

/// The name in a declaration.
fn declared_name(declaration: &str) -> Option<&str> {
    let keywords = ["async ", "function ", "class ", "const "];
    let name = keywords.iter().fold(declaration, |rest, word| {
        rest.strip_prefix(word).unwrap_or(rest)
    });
    name.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{BOTH, EXPORTED};

    #[test]
    fn modules_come_behind_what_they_import_and_hand_on_what_they_export() {
        let modules = [
            (
                "a.js",
                "import { b, c } from \"./b.js\";\nimport * as o from \"./o.js\";\nb(c, o.run);",
            ),
            (
                "b.js",
                "const own = 1;\nexport const b = () => own;\nexport class c {}\nexport async function d() {}",
            ),
            (
                "o.js",
                "/* small */var q=1;export{q as run,q as default};\n//# map",
            ),
        ];
        let script = bundle(&modules, "a.js").unwrap();
        let expected = "\
const module_b = (() => {
const own = 1;
const b = () => own;
class c {}
async function d() {}
return { b, c, d };
})();
const module_o = (() => {
/* small */var q=1;
return { run: q, default: q };
})();
const module_a = (() => {
const { b, c } = module_b;
const o = module_o;
b(c, o.run);
return {  };
})();
";
        assert_eq!(script, expected);
        assert!(bundle(&modules[..1], "a.js").is_err());
    }

    #[test]
    fn nothing_of_the_pages_own_would_end_the_element_that_it_stands_in() {
        for file in BOTH.iter().chain(&EXPORTED) {
            for end in ["</script", "<!--", "</style"] {
                assert!(!file.content.contains(end), "{}", file.name);
            }
            // An import or export in any other form would be left as it is.
            for line in file
                .content
                .lines()
                .filter(|line| line.contains("import ") && line.starts_with("import"))
            {
                assert!(import(line).is_some(), "{}: {line}", file.name);
            }
        }
    }
}
