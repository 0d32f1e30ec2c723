using System.Globalization;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Config;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Templates;

/// <summary>What a request makes of a template: parameters, then what it overrides, then what the request asks for beside them.</summary>
internal static class TemplateResolver
{
    private const int MostArguments = 200;
    private const int MostArgument = 32 * 1024;
    private const int MostVariables = 100;
    private const int MostLabels = 16;
    private const long LeastMemory = 1L << 20;

    /// <summary>Resolves.</summary>
    /// <param name="template">The template.</param>
    /// <param name="version">Its version.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="caller">Who asks; it may see the template.</param>
    /// <param name="address">The task's name and address.</param>
    /// <param name="projectHome">The word for the home directory of the request's project; null when it is in none.</param>
    /// <exception cref="TemplateRefusal">It cannot be.</exception>
    public static ResolvedTask Resolve(Template template, int version, CreateTaskRequest request, Caller caller, TaskAddress address, string? projectHome)
    {
        var notices = new List<string>();
        if (template.Deprecated is { } deprecated)
            notices.Add(deprecated);
        var values = Values(template, request.Parameters, caller, notices);
        var body = Body(template, values, TemplateReader.Known(address, caller.Account, request.Project));
        var kind = request.Kind ?? body.Kind;
        if (!Enum.IsDefined(kind))
            throw Invalid("A task is a session or a job.");
        var ports = body.Ports.Select(static p => p.Spec.Name).ToList();
        var (requests, limits) = Resources(template, body.Resources, request.Resources);
        var access = Access(template, body, request.Access);
        var spec = new TaskSpec
        {
            Id = "",
            Attempt = 0,
            Name = address.Name,
            Owner = caller.Account,
            Kind = kind,
            Executor = body.Source.Image is null ? "process" : "docker",
            Command = Command(template, body.Source, request.Command, ports),
            Environment = Environment(template, body, request.Environment, ports),
            Secrets = Secrets(body, request.Environment),
            WorkingDirectory = body.Source.WorkingDirectory,
            Home = Home(template, body.Home, caller, projectHome),
            Files = body.Files.Count > 0 ? body.Files : null,
            User = body.Source.User,
            Ports = [.. body.Ports.Select(static p => p.Spec)],
            Resources = limits,
            Image = body.Source.Image,
            Mounts = body.Source.Mounts,
            IsPrivileged = body.Source.IsPrivileged,
            StartTimeoutSeconds = Math.Max(1, (int)body.Start.Timeout.TotalSeconds),
            StopGraceSeconds = (int)body.StopGrace.TotalSeconds,
        };
        return new ResolvedTask
        {
            Template = template.Slug,
            Version = version,
            Kind = kind,
            Spec = spec,
            Requests = requests,
            Ports = [.. body.Ports.Select(static p => new ResolvedPort(p.Spec.Name, p.Spec.IsHttp, p.Options))],
            Placement = Placement(template, body.Placement, request),
            Access = access,
            MaxShare = body.MaxShare,
            // What ends by itself is not waited for: a session that is started as a job is never idle.
            Idle = kind == TaskKind.Job ? body.Idle with { Steps = [], MaxAge = null } : body.Idle,
            Start = body.Start,
            Rates = body.Rates,
            MaxPerUser = body.MaxPerUser,
            SnapshotSeconds = body.SnapshotEvery is not { } every ? WorkspaceSpec.DefaultSnapshotSeconds : every == TimeSpan.Zero ? 0 : Math.Max(1, (int)every.TotalSeconds),
            WantsWorkspace = body.Home == HomeOwner.Workspace && kind == TaskKind.Session,
            Parameters = values,
            Notices = notices,
        };
    }

    // Every parameter's value, allowed and read. What has none and needs none is the default.
    private static Dictionary<string, string> Values(Template template, IReadOnlyDictionary<string, string>? given, Caller caller, List<string> notices)
    {
        foreach (var name in given?.Keys ?? [])
        {
            if (template.Parameters.Any(p => p.Name == name))
                continue;
            var known = template.Parameters.Select(static p => p.Name).ToList();
            var hint = known.Count == 0 ? "it has none" : Nearest.Of(name, known) is { } near ? $"did you mean '{near}'?" : "it has " + string.Join(", ", known);
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, $"The template '{template.Slug}' has no parameter '{TemplateProblems.Shown(name)}'; {Sentence(hint)}", name);
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in template.Parameters)
            values[parameter.Name] = Value(template, parameter, given?.GetValueOrDefault(parameter.Name), caller, notices);
        return values;
    }

    private static string Value(Template template, TemplateParameter parameter, string? given, Caller caller, List<string> notices)
    {
        if ((given ?? parameter.Default) is not { } text)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, $"The template '{template.Slug}' needs a value for the parameter '{parameter.Name}'.", parameter.Name);
        var value = parameter.Read(text, out var wrong);
        if (wrong is not null)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, $"The parameter '{parameter.Name}' cannot be '{TemplateProblems.Shown(text)}': {Sentence(wrong)}", parameter.Name);
        if (parameter.AllowedFor?.Include(caller) == false && value != parameter.Default)
            throw new TemplateRefusal(TemplateRefusalCode.Forbidden, $"The parameter '{parameter.Name}' is for {parameter.AllowedFor}; leave it out.", parameter.Name);
        if (parameter.Choices.FirstOrDefault(c => c.Value == value) is not { } choice)
            return value;
        if (choice.RedirectTo is { } to)
        {
            notices.Add($"{parameter.Label ?? parameter.Name}: '{value}' is not offered any more{(choice.Message is { } why ? $" ({why})" : "")}; '{to}' is used.");
            choice = parameter.Choices.First(c => c.Value == to);
        }

        return choice.AllowedFor?.Include(caller) != false
            ? choice.Value
            : throw new TemplateRefusal(
                TemplateRefusalCode.Forbidden, $"For the parameter '{parameter.Name}', '{choice.Value}' is for {choice.AllowedFor}; choose another.", parameter.Name);
    }

    private static TemplateBody Body(Template template, IReadOnlyDictionary<string, string> values, Func<string, string?> known)
    {
        var problems = new TemplateProblems();
        return TemplateReader.Fill(template.Spec, template.Parameters, values, known, problems)
            ?? throw Invalid($"With these parameters the template '{template.Slug}' does not work out: {problems.ToList()[0].Sentence}");
    }

    private static IReadOnlyList<string> Command(Template template, BodySource source, IReadOnlyList<string>? asked, IReadOnlyCollection<string> ports)
    {
        if (asked is not { Count: > 0 })
        {
            return source.Command.Count > 0 || source.Image is not null
                ? source.Command
                : throw Invalid($"The template '{template.Slug}' runs the command that you give it, and there is none; write it after --.");
        }

        if (!source.OpenCommand)
            throw Invalid($"The template '{template.Slug}' has a command of its own and takes no other.");
        if (asked.Count > MostArguments || asked.Any(static a => a is null || a.Length > MostArgument || a.Contains('\0', StringComparison.Ordinal)))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"A command has at most {MostArguments} arguments of {MostArgument} characters each, without null characters."));
        return asked[0].Trim().Length == 0
            ? throw Invalid("A command begins with the program; here its name is empty.")
            : [.. asked.Select(a => Placeholders.ForRunner(a, ports))];
    }

    private static IReadOnlyDictionary<string, string> Environment(
        Template template, TemplateBody body, IReadOnlyDictionary<string, string>? asked, IReadOnlyCollection<string> ports)
    {
        if (asked is not { Count: > 0 })
            return body.Environment;
        if (!body.OpenEnvironment)
            throw Invalid($"The template '{template.Slug}' takes no environment variables.");
        if (asked.Count > MostVariables)
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"At most {MostVariables} environment variables are taken."));
        var all = new Dictionary<string, string>(body.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in asked)
        {
            if (name.Length is 0 or > 100 || char.IsAsciiDigit(name[0]) || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw Invalid($"'{TemplateProblems.Shown(name)}' is no environment variable's name: it has letters, digits and _.");
            if (name.StartsWith("ADIT_", StringComparison.Ordinal))
                throw Invalid($"The environment variable {name} is Adit's own; choose another name.");
            if (value is null || value.Length > MostArgument || value.Contains('\0', StringComparison.Ordinal))
                throw Invalid(string.Create(CultureInfo.InvariantCulture, $"The environment variable {name} is too long or holds a null character; it has at most {MostArgument} characters."));
            all[name] = Placeholders.ForRunner(value, ports);
        }

        return all;
    }

    // A variable of the request stands in place of the template's, whatever that is.
    private static Dictionary<string, SecretReference>? Secrets(TemplateBody body, IReadOnlyDictionary<string, string>? asked)
    {
        var all = body.Secrets.Where(s => asked?.ContainsKey(s.Key) != true).ToDictionary(StringComparer.Ordinal);
        return all.Count > 0 ? all : null;
    }

    private static (TaskResources Requests, TaskResources Limits) Resources(Template template, BodyResources known, TaskResources? asked)
    {
        if (asked is null)
            return (known.Requests, known.Limits);
        var (cpu, memory, gpus) = (asked.Cpu, asked.MemoryBytes, asked.Gpus);
        if (cpu is { } c && (!double.IsFinite(c) || c < 0.01 || c > (known.Most.Cpu ?? 1024)))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"The template '{template.Slug}' takes 0.01 to {known.Most.Cpu ?? 1024} cores, not {c}."));
        if (memory is { } m && (m < LeastMemory || m > (known.Most.MemoryBytes ?? long.MaxValue)))
        {
            throw Invalid(known.Most.MemoryBytes is { } most
                ? $"The template '{template.Slug}' takes 1Mi to {Size(most)} of memory, not {Asked(m)}"
                : $"A task takes 1Mi of memory or more, not {Asked(m)}");
        }

        if (gpus is { } g && (g < 0 || g > (known.Most.Gpus ?? 0)))
        {
            throw Invalid(known.Most.Gpus is null or 0
                ? $"The template '{template.Slug}' takes no GPU."
                : string.Create(CultureInfo.InvariantCulture, $"The template '{template.Slug}' takes 0 to {known.Most.Gpus} GPUs, not {g}."));
        }

        if (asked.GpuType is { } type && (type.Length is 0 or > 63 || !type.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') || (known.Requests.GpuType is { } only && only != type)))
            throw Invalid(known.Requests.GpuType is { } one ? $"The template '{template.Slug}' takes GPUs of the kind {one}." : "A kind of GPU is 1 to 63 letters, digits, '-', '_', '.' and '/'.");
        TaskResources With(TaskResources before) => before with
        {
            Cpu = cpu ?? before.Cpu, MemoryBytes = memory ?? before.MemoryBytes, Gpus = gpus ?? before.Gpus, GpuType = asked.GpuType ?? before.GpuType,
        };
        return (With(known.Requests), With(known.Limits));
    }

    private static TaskPlacement Placement(Template template, TaskPlacement known, CreateTaskRequest request)
    {
        if (request.Labels is not { Count: > 0 } labels)
            return known with { Runner = request.Runner };
        if (labels.Count > MostLabels || labels.Any(static l => l.Key.Length is 0 or > 63 || l.Value is not { Length: > 0 and <= 63 }))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"At most {MostLabels} labels are taken, of 1 to 63 characters, with values likewise."));
        var all = new Dictionary<string, IReadOnlyList<string>>(known.Require, StringComparer.Ordinal);
        foreach (var (label, value) in labels)
        {
            if (all.TryGetValue(label, out var values) && !values.Contains(value))
                throw Invalid($"The template '{template.Slug}' runs where the label {TemplateProblems.Shown(label)} is {string.Join(" or ", values)}, not '{TemplateProblems.Shown(value)}'.");
            all[label] = [value];
        }

        return known with { Runner = request.Runner, Require = all };
    }

    private static string Access(Template template, TemplateBody body, string? asked)
    {
        if (asked is null)
            return body.Access;
        try
        {
            return Policies.Level(asked, null, asksForSecret: false) <= body.MaxShare
                ? asked
                : throw new TemplateRefusal(
                    TemplateRefusalCode.Forbidden, $"Tasks of the template '{template.Slug}' are opened as far as '{Policies.Word(body.MaxShare)}', and this one would be more.");
        }
        catch (FormatException e)
        {
            throw Invalid(e.Message);
        }
    }

    private static string? Home(Template template, HomeOwner home, Caller caller, string? projectHome) => home switch
    {
        HomeOwner.User or HomeOwner.Workspace => "user-" + caller.Account,
        HomeOwner.Project => projectHome ?? throw Invalid($"The template '{template.Slug}' works in a project's home directory; say which project."),
        _ => null,
    };

    private static string Size(long bytes) => bytes % (1L << 30) == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 30}Gi")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#}Mi");

    // Whoever leaves out the unit asks for a few bytes.
    private static string Asked(long bytes) => bytes < LeastMemory ? $"{bytes} {(bytes == 1 ? "byte" : "bytes")}; write a unit, such as 2Gi." : Size(bytes) + ".";

    private static string Sentence(string text) => text.EndsWith('?') ? text : text + ".";

    private static TemplateRefusal Invalid(string message) => new(TemplateRefusalCode.Invalid, message);
}
