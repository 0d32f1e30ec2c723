using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Adit.Api;

namespace Adit.Runner.Agent;

/// <summary>What this machine is and uses. Linux tells through /proc; elsewhere what .NET knows, and the rest is left out.</summary>
internal sealed class Machine(string dataDirectory, TimeProvider time, string nvidiaSmi = "nvidia-smi")
{
    private static readonly TimeSpan GpuPatience = TimeSpan.FromSeconds(5);

    private (double Busy, double All)? _before;
    private bool _hasGpus;

    /// <summary>What it is. Asks nvidia-smi, where there is one, so it may take seconds.</summary>
    public async Task<RunnerFacts> FactsAsync(IReadOnlyList<string> executors, IReadOnlyList<string> warnings, CancellationToken cancellationToken)
    {
        var gpus = await GpusAsync(cancellationToken);
        _hasGpus = gpus.Count > 0;
        return new RunnerFacts
        {
            Os = OsName(),
            Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            Cpus = Environment.ProcessorCount,
            MemoryBytes = Memory("MemTotal:") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            DiskBytes = Drive()?.TotalSize ?? 0,
            Gpus = gpus,
            Executors = executors,
            Features = [RunnerFeatures.Secrets],
            Warnings = warnings,
        };
    }

    /// <summary>What it uses, CPU since the call before.</summary>
    public async Task<RunnerUsage> UsageAsync(CancellationToken cancellationToken) => new()
    {
        Cpu = Cpu(),
        MemoryBytes = Memory("MemTotal:") is { } all && Memory("MemAvailable:") is { } free ? all - free : 0,
        DiskFreeBytes = Drive()?.AvailableFreeSpace ?? 0,
        Gpus = _hasGpus ? await GpuUseAsync(cancellationToken) : [],
    };

    private static string OsName()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                var name = File.ReadLines("/etc/os-release").FirstOrDefault(static l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal));
                return "Linux" + (name is null ? "" : $" ({name["PRETTY_NAME=".Length..].Trim('"')})");
            }
        }
        catch (IOException)
        {
            // A machine without the file is still Linux.
        }

        return RuntimeInformation.OSDescription;
    }

    private double Cpu()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        // proc(5): user nice system idle iowait irq softirq steal, in ticks over all cores.
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(static t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        var now = (Busy: ticks.Sum() - ticks[3] - ticks[4], All: ticks.Sum());
        var before = _before ?? (0, 0);
        _before = now;
        return now.All > before.All ? Math.Clamp((now.Busy - before.Busy) / (now.All - before.All), 0, 1) * Environment.ProcessorCount : 0;
    }

    private static long? Memory(string key)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    private DriveInfo? Drive()
    {
        try
        {
            return new DriveInfo(dataDirectory);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<Gpu>> GpusAsync(CancellationToken cancellationToken) =>
    [
        .. (await AskAsync("index,name,memory.total", cancellationToken))
            .Select(static f => f.Length == 3 && int.TryParse(f[0], out var index) && long.TryParse(f[2], out var mebibytes) ? new Gpu(index, f[1], mebibytes << 20) : null)
            .OfType<Gpu>(),
    ];

    private async Task<IReadOnlyList<double>> GpuUseAsync(CancellationToken cancellationToken) =>
        [.. (await AskAsync("utilization.gpu", cancellationToken)).Select(static f => double.TryParse(f[0], CultureInfo.InvariantCulture, out var percent) ? percent / 100 : 0)];

    // nvidia-smi --query-gpu: a line for each GPU, without head and units. No such program is no GPU.
    private async Task<IReadOnlyList<string[]>> AskAsync(string query, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(GpuPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(nvidiaSmi, [$"--query-gpu={query}", "--format=csv,noheader,nounits"])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            try
            {
                var text = await process.StandardOutput.ReadToEndAsync(both.Token);
                await process.WaitForExitAsync(both.Token);
                return process.ExitCode != 0 ? [] : [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Split(',', StringSplitOptions.TrimEntries))];
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                process.Kill();
                return [];
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return [];
        }
    }
}
