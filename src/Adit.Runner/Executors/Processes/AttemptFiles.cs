using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Runner.Executors;

/// <summary>What was decided before an attempt was started: <c>start.json</c>.</summary>
internal sealed record AttemptStart
{
    /// <summary>Which try at starting this is: the script claims the file <c>pid.CLAIM</c>.</summary>
    public required int Claim { get; init; }

    /// <summary>The ports, by name.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    /// <summary>Where its group is.</summary>
    public required IReadOnlyDictionary<string, string> Group { get; init; }
}

/// <summary>
/// The files of one attempt that runs as a process:
/// <code>
/// start.json  what was decided (AttemptStart)            run      the surroundings, until they are read
/// pid.N       who claimed try N: boot, /proc/PID/stat     out, err what the command writes; what was read is freed
/// exit        the exit code, a line; spaces before        end.json how it ended, once all of it is gone (ExecutionEnd)
/// trouble     what the script itself complains about      exec.*   surroundings of a command beside it, until they are read
/// exec.*.pid  such a command, as pid.N, until it ends
/// </code>
/// </summary>
internal sealed class AttemptFiles(string directory)
{
    private const string Abandoned = "abandoned\n";
    private const string NoExitYet = "    \n";

    public string Directory => directory;

    public string Out => Path.Combine(directory, "out");

    public string Error => Path.Combine(directory, "err");

    /// <summary>What was decided; null when nothing was, or when it cannot be read (<see cref="IsDamaged"/>).</summary>
    public AttemptStart? Start => Parse("start.json", AttemptJson.Default.AttemptStart);

    /// <summary>Whether something was decided that cannot be read: the machine's power failed while it was written. Nothing of it runs then.</summary>
    public bool IsDamaged => Start is null && File.Exists(Path.Combine(directory, "start.json"));

    /// <summary>How it ended; null while that was not written.</summary>
    public ExecutionEnd? End => Parse("end.json", AttemptJson.Default.ExecutionEnd);

    /// <summary>The exit code that the script wrote; null when it has not.</summary>
    public int? ExitCode =>
        TaskPlace.ReadFile(Path.Combine(directory, "exit"))?.Split('\n') is { Length: > 1 } lines
        && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? code
            : null;

    /// <summary>What the script itself complained about.</summary>
    public string Trouble => TaskPlace.ReadFile(Path.Combine(directory, "trouble"))?.Trim() ?? "";

    /// <summary>The file that try number <paramref name="claim"/> claims.</summary>
    public string ClaimFile(int claim) => Path.Combine(directory, "pid." + claim.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number that no try had.</summary>
    public int NextClaim()
    {
        var claim = 1;
        while (File.Exists(ClaimFile(claim)))
            claim++;
        return claim;
    }

    /// <summary>Writes all that the script expects, and last what was decided: from then on the attempt may run.</summary>
    public void Prepare(AttemptStart start, string surroundings)
    {
        TaskPlace.WriteFile(Path.Combine(directory, "run"), surroundings);
        TaskPlace.WriteFile(Path.Combine(directory, "exit"), NoExitYet);
        TaskPlace.WriteFile(Out, "");
        TaskPlace.WriteFile(Error, "");
        TaskPlace.WriteFile(Path.Combine(directory, "start.json"), JsonSerializer.Serialize(start, AttemptJson.Default.AttemptStart));
    }

    /// <summary>Who claimed a try: null when nobody did, or it was abandoned, or is half written.</summary>
    public ProcessIdentity? Claimed(int claim) => ProcessIdentity.Parse(TaskPlace.ReadFile(ClaimFile(claim)));

    /// <summary>Makes sure that a try which nobody claimed never will be. False when somebody has.</summary>
    public bool TryAbandon(int claim)
    {
        try
        {
            using var file = new FileStream(ClaimFile(claim), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Abandoned));
        }
        catch (IOException) when (File.Exists(ClaimFile(claim)))
        {
            return TaskPlace.ReadFile(ClaimFile(claim)) == Abandoned;
        }

        return true;
    }

    /// <summary>Takes back what was decided: the attempt was not started.</summary>
    public void Forget() => File.Delete(Path.Combine(directory, "start.json"));

    /// <summary>The surroundings were read; they have secrets in them.</summary>
    public void DropSurroundings() => File.Delete(Path.Combine(directory, "run"));

    /// <summary>Notes how it ended.</summary>
    public void Finish(ExecutionEnd end) =>
        TaskPlace.WriteFile(Path.Combine(directory, "end.json"), JsonSerializer.Serialize(end, AttemptJson.Default.ExecutionEnd));

    private T? Parse<T>(string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return TaskPlace.ReadFile(Path.Combine(directory, name)) is { } text ? JsonSerializer.Deserialize(text, type) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>JSON of an attempt's files, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AttemptStart))]
[JsonSerializable(typeof(ExecutionEnd))]
internal sealed partial class AttemptJson : JsonSerializerContext;
