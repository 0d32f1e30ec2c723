using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>What an image says about the containers that are made of it.</summary>
/// <param name="User">Who they run as: a name or number, with or without a group; empty for root.</param>
/// <param name="Environment">Its environment: <c>NAME=VALUE</c>.</param>
internal sealed record DockerImage(string User, IReadOnlyList<string> Environment);

/// <summary>Looks for images and pulls them.</summary>
internal sealed class DockerImages(DockerEngine engine, TimeProvider time)
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>The image of a reference; null when the engine does not have it.</summary>
    public async Task<DockerImage?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await engine.AskAsync(HttpMethod.Get, $"/images/{reference}/json", null, cancellationToken);
            if (answer is not { } image || !image.TryGetProperty("Config", out var config) || config.ValueKind != JsonValueKind.Object)
                return new DockerImage("", []);
            return new DockerImage(
                config.TryGetProperty("User", out var user) ? user.GetString() ?? "" : "",
                config.TryGetProperty("Env", out var env) && env.ValueKind == JsonValueKind.Array ? [.. env.EnumerateArray().Select(static e => e.GetString() ?? "")] : []);
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Sees to it that the image is there, as its specification says.</summary>
    /// <exception cref="ExecutorException">It cannot be had.</exception>
    public async Task EnsureAsync(ImageSpec image, IProgress<string> progress, CancellationToken cancellationToken)
    {
        if (!IsReference(image.Reference))
            throw new ExecutorException($"'{image.Reference}' is no reference of an image.");
        try
        {
            var isThere = await FindAsync(image.Reference, cancellationToken) is not null;
            if (image.Pull == "never" && !isThere)
                throw new ExecutorException($"The image '{image.Reference}' is not on the runner, and its template says that it is never pulled.");
            if (image.Pull == "always" || (!isThere && image.Pull != "never"))
                await PullAsync(image, progress, cancellationToken);
        }
        catch (DockerException e)
        {
            throw e.For($"The image '{image.Reference}' cannot be had");
        }
    }

    /// <summary>The parts of a reference: what is asked for, and its tag; a digest counts as part of the name.</summary>
    internal static (string Name, string Tag) Split(string reference)
    {
        if (reference.Contains('@', StringComparison.Ordinal))
            return (reference, "");
        var colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') ? (reference[..colon], reference[(colon + 1)..]) : (reference, "latest");
    }

    /// <summary>The registry that a reference is in, as its credentials name it.</summary>
    internal static string Registry(string reference)
    {
        var first = reference.Split('/')[0];
        return first.Length < reference.Length && (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost")
            ? first
            : "https://index.docker.io/v1/";
    }

    // Goes into a path and a query.
    private static bool IsReference(string reference) =>
        reference.Length is > 0 and < 500 && reference.All(static c => char.IsAsciiLetterOrDigit(c) || "./:@_-".Contains(c, StringComparison.Ordinal))
        && !reference.Contains("..", StringComparison.Ordinal);

    private async Task PullAsync(ImageSpec image, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var (name, tag) = Split(image.Reference);
        var headers = new Dictionary<string, string>();
        if (image.User is not null || image.Password is not null)
        {
            var login = new JsonObject { ["username"] = image.User, ["password"] = image.Password, ["serveraddress"] = Registry(image.Reference) };
            headers["X-Registry-Auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(login.ToJsonString())).Replace('+', '-').Replace('/', '_');
        }

        progress.Report("pulling");
        using var response = await engine.OpenAsync(
            HttpMethod.Post, $"/images/create?fromImage={Uri.EscapeDataString(name)}&tag={Uri.EscapeDataString(tag)}", headers, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var layers = new Dictionary<string, (long Done, long All)>();
        var told = time.GetTimestamp();
        try
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Length == 0)
                    continue;
                using var document = JsonDocument.Parse(line);
                var step = document.RootElement;
                if (step.TryGetProperty("error", out var error))
                    throw new ExecutorException($"The image '{image.Reference}' cannot be pulled: {error.GetString()?.TrimEnd('.')}.");
                if (!Note(layers, step) || time.GetElapsedTime(told) < TellEvery)
                    continue;
                told = time.GetTimestamp();
                var (done, all) = (layers.Values.Sum(static l => l.Done), layers.Values.Sum(static l => l.All));
                progress.Report(string.Create(CultureInfo.InvariantCulture, $"pulling {(all > 0 ? done * 100 / all : 0)}%"));
            }
        }
        catch (Exception e) when (e is IOException or JsonException or HttpRequestException)
        {
            throw new DockerException(null, "Docker broke the answer off", e);
        }
    }

    // A layer is fetched and then unpacked; both count as half of it.
    private static bool Note(Dictionary<string, (long Done, long All)> layers, JsonElement step)
    {
        if (!step.TryGetProperty("id", out var id) || !step.TryGetProperty("status", out var status) || id.GetString() is not { } layer)
            return false;
        var isKnown = layers.TryGetValue(layer, out var before);
        switch (status.GetString())
        {
            case "Downloading" or "Extracting" when step.TryGetProperty("progressDetail", out var detail)
                && detail.TryGetProperty("current", out var current) && detail.TryGetProperty("total", out var total) && total.GetInt64() > 0:
                var part = status.GetString() == "Extracting" ? total.GetInt64() + current.GetInt64() : current.GetInt64();
                layers[layer] = (part, 2 * total.GetInt64());
                return true;
            case "Pull complete" or "Already exists" when isKnown:
                layers[layer] = (before.All, before.All);
                return true;
            default:
                return false;
        }
    }
}
