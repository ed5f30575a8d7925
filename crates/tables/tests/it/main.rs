//! Files as people have them: bytes in, rows and what was said out.

mod memory;
mod columns;
mod records;
