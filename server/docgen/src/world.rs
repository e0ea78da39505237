//! What typst sees: one source, the model as a file, the images of seals and QR codes, and the fonts. No disk, no packages, no clock.

use std::collections::HashMap;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::Fonts;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static LAYOUT: LazyLock<Option<Source>> = LazyLock::new(|| Some(Source::new(file("layout.typ")?, concat!(include_str!("parts.typ"), include_str!("layout.typ")).to_owned())));

/// A path of the world; `None` for what is no path. Typst keeps every path that it ever saw, 65,535 at most: use few, over and over.
pub(crate) fn file(path: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?).intern())
}

pub(crate) struct Desk<'a> {
    fonts: &'a Fonts,
    files: HashMap<FileId, Bytes>,
    main: Source,
}

impl<'a> Desk<'a> {
    /// A desk with these files on it; `None` if one has no possible name.
    pub(crate) fn new(fonts: &'a Fonts, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Option<Desk<'a>> {
        let files = files.into_iter().map(|(path, data)| Some((file(&path)?, Bytes::new(data)))).collect::<Option<_>>()?;
        Some(Desk { fonts, files, main: LAYOUT.clone()? })
    }
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(absent(id)) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or_else(|| absent(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.all.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
