#pragma once

namespace fedasio::program {

/// Gives the memory of large buffers back to the system when they are freed. Otherwise glibc soon keeps
/// models and updates on the heap, where small things that live longer hold the freed memory apart, and a
/// master under many connections grows from round to round. Call first.
void return_large_buffers();

} // namespace fedasio::program
