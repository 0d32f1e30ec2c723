using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Templates;

/// <summary>Templates as the API shows them, to whoever asks.</summary>
internal static class TemplateView
{
    /// <summary>A template.</summary>
    /// <param name="slug">Its slug.</param>
    /// <param name="record">What is stored of it; null for one that is only shipped.</param>
    /// <param name="version">The version in use; null for none.</param>
    /// <param name="rates">What it costs where it names no price itself; null for nothing.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="isWhole">Whether form and documents are wanted.</param>
    public static ApiTemplate Of(string slug, TemplateRecord? record, StoredVersion? version, TaskRates? rates, Caller caller, bool isWhole)
    {
        var template = version?.Template;
        rates = template?.Body.Rates ?? rates;
        var seesAll = Authority.SeesAll(caller);
        return new ApiTemplate
        {
            Slug = slug,
            Name = template?.Name ?? slug,
            Description = template?.Description,
            Version = version?.Number,
            Kind = template?.Body.Kind,
            IsShipped = ShippedTemplates.All.ContainsKey(slug),
            IsHidden = template?.IsHidden ?? false,
            Deprecated = template?.Deprecated,
            HasDraft = seesAll ? record?.Draft is not null : null,
            Problem = version?.Problem is { } problem ? $"Line {problem.Line}: {problem.Sentence}" : null,
            Ports = [.. template?.Body.Ports.Select(static p => p.Spec.Name) ?? []],
            MaxPerUser = template?.Body.MaxPerUser,
            PricePerHour = template is null ? null : rates?.PerHour(template.Body.Resources.Requests),
            Currency = rates?.Currency,
            May = MayChange(caller) ? ["change"] : [],
            Form = isWhole && template is not null ? Form(template, caller) : null,
            Yaml = isWhole && seesAll ? version?.Yaml : null,
            Draft = isWhole && seesAll && record?.Draft is { } draft ? new TemplateDraft(draft.Yaml, draft.By, draft.At, Problems(draft.Yaml)) : null,
        };
    }

    /// <summary>Whether somebody may write templates.</summary>
    public static bool MayChange(Caller caller) => caller.IsAdmin && caller.Scopes.Covers(Permission.TemplatesWrite, null);

    /// <summary>What is wrong with a document.</summary>
    public static IReadOnlyList<TemplateRemark> Problems(string yaml)
    {
        var problems = new TemplateProblems();
        TemplateReader.Read(yaml, problems);
        return Remarks(problems.ToList());
    }

    /// <summary>Problems as the API says them.</summary>
    public static IReadOnlyList<TemplateRemark> Remarks(IReadOnlyList<TemplateProblem> problems) =>
        [.. problems.Select(static p => new TemplateRemark(p.Line, p.Column, p.Message, p.IsWarning))];

    /// <summary>A version.</summary>
    public static ApiTemplateVersion Of(StoredVersion version, TemplateRecord record, bool isWhole) => new()
    {
        Version = version.Number,
        IsCurrent = version == record.Current,
        By = version.By,
        At = version.At,
        Note = version.Note,
        Of = version.Of,
        Yaml = isWhole ? version.Yaml : null,
    };

    /// <summary>What a start asks this caller for.</summary>
    public static TemplateForm Form(Template template, Caller caller)
    {
        var body = template.Body;
        return new TemplateForm
        {
            Fields = [.. template.Parameters.Select(p => Field(p, caller))],
            Requests = body.Resources.Requests,
            Limits = body.Resources.Limits,
            Most = body.Resources.Most,
            TakesCommand = body.Source.OpenCommand,
            NeedsCommand = body.Source is { Command.Count: 0, Image: null },
            TakesEnvironment = body.OpenEnvironment,
            NeedsProject = body.Home == HomeOwner.Project,
            Access = body.Access,
            MaxShare = Policies.Word(body.MaxShare),
            Idle = body.Idle.ToTerms(),
        };
    }

    private static TemplateFormField Field(TemplateParameter parameter, Caller caller) => new()
    {
        Name = parameter.Name,
        Label = parameter.Label,
        Description = parameter.Description,
        Type = parameter.Kind.ToString().ToLowerInvariant(),
        Default = parameter.Default,
        Pattern = parameter.Pattern,
        MinLength = parameter.Kind == ParameterKind.String ? parameter.MinLength : null,
        MaxLength = parameter.Kind == ParameterKind.String ? parameter.MaxLength : null,
        Min = parameter.Min,
        Max = parameter.Max,
        IsInteger = parameter.Kind == ParameterKind.Number ? parameter.IsInteger : null,
        Choices = parameter.Kind != ParameterKind.Choice ? null : [.. parameter.Choices.Where(static c => c.RedirectTo is null).Select(c => new TemplateFormChoice
        {
            Value = c.Value, Label = c.Label, Description = c.Description, IsAllowed = c.AllowedFor?.Include(caller) != false,
        })],
        IsAllowed = parameter.AllowedFor?.Include(caller) != false,
    };
}
