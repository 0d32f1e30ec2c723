using Adit.Api;

namespace Adit.Runner.Agent;

/// <summary>Whether this machine can be a runner, and what its tasks would miss.</summary>
public static class MachineChecks
{
    private const long LittleDisk = 1L << 30;

    /// <summary>Looks, and changes nothing. Asks the Docker engine and nvidia-smi where they are, so it may take seconds.</summary>
    /// <param name="dataDirectory">The runner's data directory; it need not be there yet.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<Check>> LookAsync(string dataDirectory, TimeProvider time, CancellationToken cancellationToken)
    {
        var machine = new Machine(Existing(Path.GetFullPath(dataDirectory)), time);
        var facts = await machine.FactsAsync([], [], cancellationToken);
        var gpus = facts.Gpus.Count == 0 ? "no NVIDIA GPU that nvidia-smi knows" : string.Join(", ", facts.Gpus.Select(static g => g.Name));
        var checks = new List<Check> { Check.Ok("machine", $"{facts.Os}, {facts.Cpus:0} cores, {ByteSize.Of(facts.MemoryBytes)} of memory, {gpus}.") };
        checks.AddRange(await ExecutorsAsync(time, cancellationToken));
        var usage = await machine.UsageAsync(cancellationToken);
        var disk = $"{ByteSize.Of(usage.DiskFreeBytes)} are free for tasks.";
        checks.Add(usage.DiskFreeBytes < LittleDisk ? Check.Warning("disk", disk, "Free some, or give the runner another --data.") : Check.Ok("disk", disk));
        checks.Add(Data(dataDirectory));
        return checks;
    }

    private static async Task<IReadOnlyList<Check>> ExecutorsAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var checks = new List<Check>();
        var works = false;
        foreach (var executor in ExecutorSet.Of(new Random(), time))
        {
            var found = await executor.CheckAsync(cancellationToken);
            works |= found.Works;
            if (found.Warnings.Count == 0)
                checks.Add(Check.Ok(executor.Name, found.Works ? "Tasks can run this way." : "There is none here, and none is needed."));
            checks.AddRange(found.Warnings.Select(w => Check.Warning(executor.Name, w, null)));
            await ((executor as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
            (executor as IDisposable)?.Dispose();
        }

        if (!works)
            checks.Add(Check.Failed("tasks", "No task can run on this machine.", "Mend what the lines above say, or use another machine."));
        return checks;
    }

    private static Check Data(string directory)
    {
        var path = Path.GetFullPath(directory);
        if (!Directory.Exists(path))
            return Check.Ok("data", $"{path} is not there yet; a runner makes it.");
        try
        {
            using (new FileStream(Path.Combine(path, Installation.LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                return Check.Ok("data", $"{path} can be written, and no runner uses it now.");
        }
        catch (UnauthorizedAccessException)
        {
            return Check.Failed("data", $"{path} belongs to another user.", "Run the runner as that user, or give it another --data.");
        }
        catch (IOException)
        {
            return Check.Ok("data", $"A runner uses {path}.");
        }
    }

    // The nearest directory that there is: on its disk the data will be.
    private static string Existing(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } above)
            path = above;
        return path;
    }
}
