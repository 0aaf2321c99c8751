// What a process used: CPU time, memory, descriptors, context switches.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace wxgate::bench {

/// Of a process, since its start, all its threads.
struct cpu_usage {
    std::chrono::nanoseconds total{0}; // to the nanosecond where the kernel tells it
    std::chrono::nanoseconds user{
        0}; // user and system are the total, parted as the kernel's ticks are (10 ms)
    std::chrono::nanoseconds system{0};
    std::uint64_t waits = 0;       // voluntary context switches of the threads that live
    std::uint64_t preemptions = 0; // and the others

    /// What was used between two of them.
    cpu_usage operator-(cpu_usage const& before) const noexcept;
};

/// Throws std::runtime_error when there is no such process.
cpu_usage cpu_of(pid_t process);

/// CPU time of all that ran on the machine since it started, its kernel included.
std::chrono::nanoseconds machine_cpu();

/// CPU time of the calling thread.
std::chrono::nanoseconds thread_cpu() noexcept;

/// Resident memory in bytes; 0 when there is no such process.
std::size_t resident_bytes(pid_t process);

/// Anonymous (its own, not a file's) resident memory in bytes; 0 when there is no such process.
std::size_t anonymous_bytes(pid_t process);

/// Open descriptors; 0 when there is no such process.
std::size_t open_files(pid_t process);

/// What the kernel keeps for TCP, of the whole machine (or container) and both ends of what is local.
struct tcp_memory {
    std::size_t bytes = 0;
    std::size_t orphans = 0; // closed by their process, while their peers have not taken all
};

/// Zeros where it is not told.
tcp_memory tcp_memory_now();

/// How busy a thread was: above this share of one core a load generator is the bottleneck.
inline constexpr double too_busy = 0.85;

/// Every connection is a descriptor: raises the soft limit to the hard one, for this process and its
/// children. Gives what it is now.
std::size_t raise_descriptor_limit();

} // namespace wxgate::bench
