using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Templates;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template test</c>: a dry run.</summary>
internal static class TemplateTestCommand
{
    private const int MostShown = 200;

    public static Command Create(HubAccessOptions access)
    {
        var file = new Argument<string>("FILE") { Description = "The template's document; '-' reads standard input." };
        var parameters = new Option<string[]>("--set") { Description = "A parameter's value. May be repeated.", HelpName = "NAME=VALUE", Arity = ArgumentArity.OneOrMore };
        var project = new Option<string?>("--project") { Description = "The project that it would be in.", HelpName = "NAME" };
        var offline = new Option<bool>("--offline") { Description = "Only check the document; ask no hub." };
        var json = new Option<bool>("--json") { Description = "Print what was found as JSON." };
        var command = new Command(
            "test", "Check a template's document, and show what a start of it would be: what a runner gets, which runners fit, what it costs. Without a hub the document is checked.")
        {
            file, parameters, project, offline, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var asked = new CreateTaskRequest { Template = "", Parameters = Pairs(parsed.GetValue(parameters)), Project = parsed.GetValue(project) };
            return RunAsync(parsed.GetValue(file)!, asked, parsed.GetValue(offline) ? null : Hub(access, parsed), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    /// <summary>A price as people read it.</summary>
    public static string Price(decimal price, string? currency) => string.Create(CultureInfo.InvariantCulture, $"{price:0.####}{(currency is null ? "" : " " + currency)} an hour");

    /// <summary>Reads a document, and checks it by this program.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public static (string Yaml, TemplateFile File) Read(string file)
    {
        try
        {
            using var reader = file == "-" ? Console.In : new StreamReader(file);
            // One more than there may be: then it is refused for that.
            var buffer = new char[TemplateFile.MostBytes + 1];
            var yaml = new string(buffer, 0, reader.ReadBlock(buffer));
            return (yaml, TemplateFile.Check(yaml));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"The template {file} cannot be read: {e.Message}");
        }
    }

    /// <summary>Says what is wrong with a document, a line each: <c>FILE:LINE:COLUMN: sentence</c>.</summary>
    public static void Report(string file, IReadOnlyList<TemplateRemark> problems)
    {
        foreach (var problem in problems)
            Screen.Note(string.Create(CultureInfo.InvariantCulture, $"{file}:{problem.Line}:{problem.Column}: {(problem.IsWarning ? "warning: " : "")}{RequestLine.Safe(problem.Message)}"));
    }

    // A hub is asked when one is named and there is a token for it; a document can be checked without.
    private static HubAccess? Hub(HubAccessOptions access, ParseResult parsed)
    {
        try
        {
            return access.Read(parsed);
        }
        catch (CommandException e) when (e.ExitCode is ExitCode.NotAuthorized or ExitCode.Usage && Environment.GetEnvironmentVariable("ADIT_HUB") is null or "" && parsed.GetResult("--hub") is null)
        {
            return null;
        }
    }

    private static Dictionary<string, string>? Pairs(string[]? pairs)
    {
        if (pairs is not { Length: > 0 })
            return null;
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
                throw new CommandException(ExitCode.Usage, $"'{pair}' is no parameter; write NAME=VALUE.");
            all[pair[..at]] = pair[(at + 1)..];
        }

        return all;
    }

    private static async Task<int> RunAsync(string file, CreateTaskRequest asked, HubAccess? hub, bool json, CancellationToken cancellationToken)
    {
        var (yaml, document) = Read(file);
        var isValid = document.Slug is not null;
        var test = new TemplateTest { IsValid = isValid, Problems = document.Problems };
        var isAsked = false;
        if (isValid && hub is not null)
        {
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            test = await api.TestTemplateAsync(null, new TestTemplateRequest { Yaml = yaml, Request = asked with { Template = document.Slug! } }, cancellationToken);
            isAsked = true;
        }

        if (json)
            Screen.Line(JsonSerializer.Serialize(test, TemplatesJson.Default.TemplateTest));
        else
            Show(file, test, isAsked);
        return test.IsValid ? ExitCode.Ok : ExitCode.Usage;
    }

    private static void Show(string file, TemplateTest test, bool isAsked)
    {
        Report(file, test.Problems);
        foreach (var notice in test.Notices.Append(test.Refusal).OfType<string>())
            Screen.Note(RequestLine.Safe(notice));
        if (!test.IsValid)
            return;
        if (!isAsked)
        {
            Screen.Note($"{file} is a valid template. With a hub (--hub) one sees what a start of it would be.");
            return;
        }

        if (test.Spec is { } spec)
        {
            var table = new Table("WOULD RUN", Safe(string.Join(' ', spec.Command)));
            table.Add("EXECUTOR", spec.Executor + (spec.Image is { } image ? " " + Safe(image.Reference) : ""));
            table.Add("RESERVED", Resources(test.Requests ?? spec.Resources));
            table.Add("AT MOST", Resources(spec.Resources));
            if (spec.Home is { } home)
                table.Add("HOME", home);
            foreach (var port in spec.Ports)
                table.Add("PORT", $"{port.Name} {(port.IsHttp ? "http" : "tcp")}{(port.HealthPath is { } path ? ", ready when " + Safe(path) + " answers" : "")}");
            if (test.PricePerHour is { } price)
                table.Add("PRICE", Price(price, test.Currency));
            Screen.Line(table.ToString());
        }

        foreach (var runner in test.Runners ?? [])
            Screen.Line($"{runner.Runner}: {(runner.HasRoom ? "has room" : Safe(runner.Reason ?? (runner.CouldFit ? "is full" : "does not fit")))}");
        if (test.WaitsFor is { } waits)
            Screen.Note("It would wait: " + Safe(waits));
        if (test.Runners is { Count: 0 })
            Screen.Note("The hub has no runner that you may use.");
    }

    private static string Resources(TaskResources resources)
    {
        var words = new List<string>();
        if (resources.Cpu is { } cpu)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{cpu:0.##} core{(cpu == 1 ? "" : "s")}"));
        if (resources.MemoryBytes is { } memory)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{memory / (double)(1 << 20):0.#} MiB"));
        if (resources.Gpus is > 0)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{resources.Gpus} GPU{(resources.Gpus == 1 ? "" : "s")}{(resources.GpuType is { } type ? $" ({type})" : "")}"));
        return words.Count > 0 ? string.Join(", ", words) : "no limit";
    }

    private static string Safe(string text)
    {
        var safe = RequestLine.Safe(text);
        return safe.Length > MostShown ? safe[..MostShown] + "…" : safe;
    }
}
