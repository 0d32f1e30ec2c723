using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Adit.Api;

namespace Adit.Runner.Agent;

/// <summary>What this machine is and uses. Linux tells through /proc; elsewhere what .NET knows, and the rest is left out.</summary>
internal sealed class Machine(string dataDirectory, TimeProvider time, string nvidiaSmi = "nvidia-smi")
{
    private const int LongestTrouble = 200;
    private static readonly TimeSpan GpuPatience = TimeSpan.FromSeconds(5);

    private (double Busy, double All)? _before;
    private IReadOnlyList<Gpu> _gpus = [];

    /// <summary>
    /// What it is. Asks nvidia-smi, where there is one, so it may take seconds. Where that does not answer, the machine has the GPUs that it had
    /// before, and one more warning.
    /// </summary>
    public async Task<RunnerFacts> FactsAsync(IReadOnlyList<string> executors, IReadOnlyList<string> warnings, CancellationToken cancellationToken)
    {
        var (lines, trouble) = await AskAsync("index,name,memory.total", cancellationToken);
        if (lines is not null)
            _gpus = [.. lines.Select(GpuOf).OfType<Gpu>()];
        return new RunnerFacts
        {
            Os = OsName(),
            Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            Cpus = Environment.ProcessorCount,
            MemoryBytes = Memory("MemTotal:") ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            DiskBytes = Drive()?.TotalSize ?? 0,
            Gpus = _gpus,
            Executors = executors,
            Features = [RunnerFeatures.Secrets, RunnerFeatures.Workspaces],
            Warnings = trouble is null ? warnings : [.. warnings, $"The machine's GPUs cannot be known, and it counts with the {_gpus.Count} that it knew of: {trouble}"],
        };
    }

    /// <summary>What it uses, CPU since the call before.</summary>
    public async Task<RunnerUsage> UsageAsync(CancellationToken cancellationToken) => new()
    {
        Cpu = Cpu(),
        MemoryBytes = Memory("MemTotal:") is { } all && Memory("MemAvailable:") is { } free ? all - free : 0,
        DiskFreeBytes = Drive()?.AvailableFreeSpace ?? 0,
        Gpus = _gpus.Count > 0 ? await GpuUseAsync(cancellationToken) : [],
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

    // A GPU may share the machine's memory and then has "[N/A]" of its own.
    private static Gpu? GpuOf(string[] fields) =>
        fields.Length == 3 && int.TryParse(fields[0], CultureInfo.InvariantCulture, out var index)
            ? new Gpu(index, fields[1], long.TryParse(fields[2], CultureInfo.InvariantCulture, out var mebibytes) ? mebibytes << 20 : 0)
            : null;

    private async Task<IReadOnlyList<double>> GpuUseAsync(CancellationToken cancellationToken) =>
        [.. ((await AskAsync("utilization.gpu", cancellationToken)).Lines ?? []).Select(static f => double.TryParse(f[0], CultureInfo.InvariantCulture, out var percent) ? percent / 100 : 0)];

    // nvidia-smi --query-gpu: a line for each GPU, without head and units. No such program is no GPU; one that fails says nothing of them.
    private async Task<(IReadOnlyList<string[]>? Lines, string? Trouble)> AskAsync(string query, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(GpuPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(nvidiaSmi, [$"--query-gpu={query}", "--format=csv,noheader,nounits"])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return ([], null);
        }

        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(both.Token);
                var error = process.StandardError.ReadToEndAsync(both.Token);
                await Task.WhenAll(output, error);
                await process.WaitForExitAsync(both.Token);
                return process.ExitCode == 0
                    ? ([.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Split(',', StringSplitOptions.TrimEntries))], null)
                    : (null, $"nvidia-smi ended with {process.ExitCode}. {FirstLine(await error + "\n" + await output)}".TrimEnd());
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return (null, $"nvidia-smi did not answer within {GpuPatience.TotalSeconds} s.");
            }
        }
    }

    private static string FirstLine(string text)
    {
        var line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "";
        return string.Concat(line.Where(static c => !char.IsControl(c)).Take(LongestTrouble)); // The hub takes no other warnings.
    }
}
