//! Turns a document model into a PDF/A.
