using System.Diagnostics;
using System.Globalization;

namespace Adit.Hub.Telemetry;

/// <summary>What every Prometheus client tells of its process, under the usual names, and the runtime's memory and threads.</summary>
internal static class ProcessMetrics
{
    public static void Write(MetricsWriter writer)
    {
        using var process = Process.GetCurrentProcess();
        writer.Counter("process_cpu_seconds_total", "User and system CPU time.").Value(process.TotalProcessorTime.TotalSeconds);
        writer.Gauge("process_resident_memory_bytes", "Resident memory.").Value(process.WorkingSet64);
        writer.Gauge("process_virtual_memory_bytes", "Virtual memory.").Value(process.VirtualMemorySize64);
        writer.Gauge("process_start_time_seconds", "Start of the process, seconds since 1970.")
            .Value((process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        if (OperatingSystem.IsLinux())
            WriteDescriptors(writer);

        writer.Gauge(
            "dotnet_gc_heap_size_bytes", "Managed memory in use after the last collection.").Value(GC.GetGCMemoryInfo().HeapSizeBytes);
        writer.Counter("dotnet_gc_collections_total", "Garbage collections by generation.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            writer.Value(GC.CollectionCount(generation), ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        writer.Counter("dotnet_gc_allocated_bytes_total", "Managed memory ever allocated.").Value(GC.GetTotalAllocatedBytes());
        writer.Gauge("dotnet_threadpool_threads", "Threads of the pool.").Value(ThreadPool.ThreadCount);
        writer.Gauge(
            "dotnet_threadpool_queue_length", "Work items that wait for a thread of the pool.").Value(ThreadPool.PendingWorkItemCount);
    }

    private static void WriteDescriptors(MetricsWriter writer)
    {
        try
        {
            var open = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
            writer.Gauge("process_open_fds", "Open file descriptors.").Value(open);
            // "Max open files            1024                 524288               files"
            var limit = File.ReadLines("/proc/self/limits").FirstOrDefault(
                static line => line.StartsWith("Max open files", StringComparison.Ordinal));
            if (limit?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var soft, ..]
                && double.TryParse(soft, CultureInfo.InvariantCulture, out var most))
                writer.Gauge("process_max_fds", "The most file descriptors there may be.").Value(most);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A hardened system hides /proc; the figures are then missing, nothing else.
        }
    }
}
