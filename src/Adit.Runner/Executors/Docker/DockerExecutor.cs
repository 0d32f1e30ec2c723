using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Runs tasks as containers of a Docker engine on this machine. A container carries labels with its task and attempt, by which a later process
/// of the runner finds it; it is kept until its log was read to the end, and how it ended is then written into its attempt's directory.
/// </summary>
internal sealed class DockerExecutor : IExecutor, IDisposable
{
    /// <summary>The label with the task's id.</summary>
    public const string TaskLabel = "adit.task";

    /// <summary>The label with the attempt.</summary>
    public const string AttemptLabel = "adit.attempt";

    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(3);

    private readonly DockerExecutorOptions _options;
    private readonly DockerEngine _engine;
    private readonly DockerImages _images;
    private readonly TimeProvider _time;

    /// <summary>Speaks with the engine when there is something to do.</summary>
    public DockerExecutor(DockerExecutorOptions options, TimeProvider time)
    {
        _options = options;
        _engine = new DockerEngine(options.Socket, options.Patience, time);
        _images = new DockerImages(_engine, time);
        _time = time;
    }

    /// <inheritdoc/>
    public string Name => "docker";

    /// <inheritdoc/>
    public async Task<ExecutorCheck> CheckAsync(CancellationToken cancellationToken)
    {
        if (!_options.IsWanted && !File.Exists(_options.Socket))
            return new ExecutorCheck(false, []); // Nobody missed it.
        using var engine = new DockerEngine(_options.Socket, CheckPatience, _time);
        try
        {
            if (await engine.AskAsync(HttpMethod.Get, "/info", null, cancellationToken) is not { } info)
                return new ExecutorCheck(false, [$"Tasks cannot run in containers: what answers at '{_options.Socket}' is no Docker engine."]);
            var warnings = new List<string>();
            Miss(info, "MemoryLimit", "Memory limits of containers do not hold", warnings);
            Miss(info, "CpuCfsQuota", "CPU limits of containers do not hold", warnings);
            Miss(info, "PidsLimit", "A container may start any number of processes", warnings);
            return new ExecutorCheck(true, warnings);
        }
        catch (DockerException e)
        {
            var remedy = e.Message.Contains("denied", StringComparison.OrdinalIgnoreCase) ? " Run the runner as root, or put its user into the group 'docker'." : "";
            return new ExecutorCheck(false, [$"Tasks cannot run in containers: {e.Message}.{remedy}"]);
        }
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(TaskPlace place, TaskSpec spec, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var image = spec.Image ?? throw new ExecutorException("The template names no image, which a container is made of.");
        HomeFiles.Write(place, spec, owner: null);
        await _images.EnsureAsync(image, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IExecution> StartAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var record = new ContainerRecord(place.Attempt(spec.Attempt));
        if (record.WasStarted)
            throw new ExecutorException($"Attempt {spec.Attempt} of the task was started before.");
        var reference = spec.Image?.Reference ?? throw new ExecutorException("The template names no image, which a container is made of.");
        try
        {
            var image = await _images.FindAsync(reference, cancellationToken)
                ?? throw new ExecutorException($"The image '{reference}' is not on the runner.");
            var body = ContainerSpec.Of(place, spec, image, _options);
            var container = await CreateAsync(spec, body, cancellationToken);
            await ContainerHome.HandOverAsync(_engine, container, place.Home(spec.Home), spec.User ?? image.User, cancellationToken);
            record.Start(container);
            try
            {
                // Not to be cancelled: it would not be known whether it runs.
                await _engine.AskAsync(HttpMethod.Post, $"/containers/{container}/start", null, CancellationToken.None);
            }
            catch (DockerException e)
            {
                await RemoveAsync(container);
                record.Forget();
                throw ContainerSpec.Explain(spec, e);
            }

            return await OpenAsync(record, container, spec, CancellationToken.None)
                ?? throw new ExecutorException("The container was removed from outside as soon as it ran.");
        }
        catch (DockerException e)
        {
            throw e.For("The container cannot be made");
        }
    }

    /// <inheritdoc/>
    public async Task<IExecution?> AdoptAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken)
    {
        var record = new ContainerRecord(place.Attempt(spec.Attempt));
        if (record.End is { } end && record.IsRead)
            return new EndedExecution(end);
        try
        {
            if (await OpenAsync(record, ContainerSpec.NameOf(spec), spec, cancellationToken) is { } execution)
                return execution;
        }
        catch (DockerException e)
        {
            throw e.For("What became of the container cannot be known");
        }

        if (record.End is { } known)
            return new EndedExecution(known);
        return record.WasStarted ? new EndedExecution(new ExecutionEnd(null, "Its container was removed from outside; its exit code is not known.")) : null;
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(TaskPlace place, int upTo, CancellationToken cancellationToken)
    {
        if (!place.Attempts().Any(a => a <= upTo && new ContainerRecord(place.Attempt(a)).WasStarted))
            return;
        var filter = new JsonObject { ["label"] = new JsonArray($"{TaskLabel}={place.Id}") }.ToJsonString();
        try
        {
            var all = await _engine.AskAsync(HttpMethod.Get, $"/containers/json?all=true&filters={Uri.EscapeDataString(filter)}", null, cancellationToken);
            foreach (var container in (all?.EnumerateArray() ?? []).Where(c => AttemptOf(c) <= upTo))
                await RemoveAsync(container.GetProperty("Id").GetString()!);
        }
        catch (DockerException e)
        {
            throw e.For("The container cannot be removed");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    // The id of a container that was made and not started. One of an earlier process, made and never started, is that.
    private async Task<string> CreateAsync(TaskSpec spec, JsonObject body, CancellationToken cancellationToken)
    {
        var name = ContainerSpec.NameOf(spec);
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                var made = await _engine.AskAsync(HttpMethod.Post, $"/containers/create?name={name}", body, cancellationToken);
                return made!.Value.GetProperty("Id").GetString()!;
            }
            catch (DockerException e) when (e.Status == HttpStatusCode.Conflict && !isAgain)
            {
                if (await InspectAsync(name, cancellationToken) is { } there && there.Status != "created")
                    throw new ExecutorException($"Attempt {spec.Attempt} of the task was started before: there is a container '{name}'.");
                await RemoveAsync(name);
            }
        }
    }

    // What runs or has run under that name or id; null when there is none. One that was only made is removed: nobody starts it any more.
    private async Task<DockerExecution?> OpenAsync(ContainerRecord record, string container, TaskSpec spec, CancellationToken cancellationToken)
    {
        if (await InspectAsync(container, cancellationToken) is not { } state)
            return null;
        if (state.Task != spec.Id || state.Attempt != spec.Attempt.ToString(CultureInfo.InvariantCulture))
            throw new ExecutorException($"The container '{container}' is not the task's, though it has its name.");
        if (state.Status == "created")
        {
            await RemoveAsync(state.Id);
            record.Forget();
            return null;
        }

        record.Start(state.Id); // Where an earlier process did not come to it.
        await DockerExec.EndLeftAsync(_engine, state.Id, record, _time);
        return new DockerExecution(_engine, state.Id, record, spec, ContainerSpec.Ports(spec, state.Ports), _options, _time);
    }

    private async Task<ContainerState?> InspectAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            return await _engine.AskAsync(HttpMethod.Get, $"/containers/{container}/json", null, cancellationToken) is { } answer ? ContainerState.Of(answer) : null;
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task RemoveAsync(string container)
    {
        try
        {
            await _engine.AskAsync(HttpMethod.Delete, $"/containers/{container}?force=true&v=true", null, CancellationToken.None);
        }
        catch (DockerException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone, or going.
        }
    }

    // 0 for one that does not say: it is the task's, and of none that counts.
    private static int AttemptOf(JsonElement container) =>
        container.TryGetProperty("Labels", out var labels) && labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(AttemptLabel, out var attempt)
        && int.TryParse(attempt.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static void Miss(JsonElement info, string what, string lack, List<string> warnings)
    {
        if (info.TryGetProperty(what, out var has) && has.ValueKind == JsonValueKind.False)
            warnings.Add($"{lack}: the Docker engine's machine has no control groups for them ({what}).");
    }
}
