using System.Collections.Concurrent;
using System.Globalization;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Projects;
using Adit.Hub.Secrets;
using Adit.Hub.Storage;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Templates;

/// <summary>
/// All templates in memory, because a start must not wait for a query. A change is stored first and holds at once for whoever asks next;
/// what was resolved before is not touched.
/// </summary>
internal sealed class TemplateRegistry(ProjectDirectory projects, ITaskSecrets secrets, HubOptions options, TimeProvider time) : ITemplates
{
    private const int MostTemplates = 500;
    private const int MostVersions = 200;
    private const int MostNote = 200;

    private readonly ConcurrentDictionary<string, TemplateRecord> _templates = new(StringComparer.Ordinal);
    private readonly Turns _turns = new();
    private TemplateStore _store = null!;

    /// <summary>Loads what the database has. Before anything else is asked.</summary>
    public async Task LoadAsync(Database database)
    {
        _store = new TemplateStore(database, time);
        foreach (var template in await _store.LoadAsync())
            _templates[template.Slug] = template;
    }

    /// <summary>What tasks cost whose templates name no price; null for nothing.</summary>
    public TaskRates? Rates => options.Prices is { CpuHour: 0, MemoryGiBHour: 0, GpuHour: 0 } ? null
        : new TaskRates(options.Prices.CpuHour, options.Prices.MemoryGiBHour, options.Prices.GpuHour, options.Prices.Currency);

    /// <summary>The slugs of all that there are, sorted.</summary>
    public IEnumerable<string> Slugs =>
        _templates.Values.Where(static t => !t.IsRemoved).Select(static t => t.Slug).Concat(ShippedTemplates.All.Keys).Distinct().Order(StringComparer.Ordinal);

    /// <summary>What is stored of a slug; null when nothing is.</summary>
    public TemplateRecord? Find(string slug) => _templates.GetValueOrDefault(slug) is { IsRemoved: false } found ? found : null;

    /// <summary>The version in use of a slug; null when there is none.</summary>
    public StoredVersion? Current(string slug) => Find(slug)?.Current ?? ShippedTemplates.All.GetValueOrDefault(slug);

    /// <summary>Whether somebody may know of a version: it is for them, or they may see everything.</summary>
    public static bool MaySee(Caller caller, StoredVersion? version) => Authority.SeesAll(caller) || version?.Template?.IsFor(caller) == true;

    /// <inheritdoc />
    public ResolvedTask Resolve(CreateTaskRequest request, Caller caller, TaskAddress address)
    {
        var at = request.Template.IndexOf('@', StringComparison.Ordinal);
        var slug = at < 0 ? request.Template : request.Template[..at];
        var version = at < 0 ? Current(slug) : Version(slug, request.Template[(at + 1)..]);
        // Who may use it follows from what is published now: an older version does not let in whom the newest keeps out.
        if (version is null || !MayUse(caller, Current(slug) ?? version))
            throw new TemplateRefusal(TemplateRefusalCode.Unknown, $"There is no template '{TemplateProblems.Shown(request.Template)}' that you may see.");
        // What a newer one took away (a user, a limit, a secret) is not had by naming an older one.
        if (version != Current(slug) && !(caller.IsAdmin && caller.Scopes.Covers(Permission.TemplatesWrite, null)))
            throw new TemplateRefusal(TemplateRefusalCode.Forbidden, $"Only the published version of the template '{slug}' is started; ask an admin to publish version {version.Number} again.");
        return Resolve(slug, version, request, caller, address);
    }

    /// <inheritdoc />
    public void CheckAgain(ResolvedTask task, string? project, Caller caller)
    {
        if (!task.Spec.NeedsSecrets)
            return;
        if (Current(task.Template) is not { } now || !MayUse(caller, now))
        {
            throw new TemplateRefusal(
                TemplateRefusalCode.Forbidden, $"It has secrets of the template '{task.Template}', which you may not use any more; ask an admin, or launch something else.");
        }

        if (secrets.Refusal(task.Spec, task.Template, project, caller) is { } refusal)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, refusal);
    }

    /// <summary>The same for one version, whoever may see it.</summary>
    /// <exception cref="TemplateRefusal">It cannot be.</exception>
    public ResolvedTask Resolve(string slug, StoredVersion version, CreateTaskRequest request, Caller caller, TaskAddress address)
    {
        if (version.Template is not { } template)
        {
            throw new TemplateRefusal(
                TemplateRefusalCode.Invalid,
                string.Create(CultureInfo.InvariantCulture, $"The template '{slug}' cannot be used by this hub: line {version.Problem!.Line}: {version.Problem.Sentence} An admin has to mend it."));
        }

        var task = TemplateResolver.Resolve(template, version.Number, request, caller, address, ProjectHome(request.Project));
        if (secrets.Refusal(task.Spec, slug, request.Project, caller) is { } refusal)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, refusal);
        return task.Rates is null ? task with { Rates = Rates } : task;
    }

    /// <summary>A version by its number as text; null when there is none.</summary>
    public StoredVersion? Version(string slug, string number)
    {
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
            return null;
        return wanted == 0
            ? ShippedTemplates.All.GetValueOrDefault(slug)
            : _templates.GetValueOrDefault(slug)?.Versions.FirstOrDefault(v => v.Number == wanted);
    }

    /// <summary>Writes a draft.</summary>
    /// <param name="slug">The template; there need not be one yet.</param>
    /// <param name="yaml">The document, which may be wrong.</param>
    /// <param name="by">Who writes.</param>
    /// <param name="check">Is shown what is there, null for nothing; may refuse by throwing.</param>
    /// <param name="entry">What the audit log is told.</param>
    /// <exception cref="TemplateRefusal">There are too many, or the check refused.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<TemplateRecord> DraftAsync(string slug, string yaml, string by, Action<TemplateRecord?> check, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        var before = Find(slug);
        check(before);
        if (before is null && _templates.Values.Count(static t => !t.IsRemoved) >= MostTemplates)
            throw new TemplateRefusal(TemplateRefusalCode.LimitReached, string.Create(CultureInfo.InvariantCulture, $"There are {MostTemplates} templates already; remove some first."));
        var record = _templates.GetValueOrDefault(slug) ?? new TemplateRecord { Slug = slug };
        return await KeepAsync(record with { Draft = new StoredDraft(yaml, by, time.GetUtcNow()) }, null, entry);
    });

    /// <summary>Makes a new version, of the draft or of a version that there was, and uses it from now on.</summary>
    /// <param name="slug">The template.</param>
    /// <param name="of">The version to publish again; null for the draft.</param>
    /// <param name="note">What its author wants to remember.</param>
    /// <param name="by">Who publishes.</param>
    /// <param name="check">Is shown what is there, and what is published; may refuse by throwing.</param>
    /// <param name="entry">What the audit log is told, given the version.</param>
    /// <exception cref="TemplateRefusal">There is nothing to publish, it is wrong, or the check refused.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<TemplateRecord> PublishAsync(string slug, int? of, string? note, string by, Action<TemplateRecord, Template> check, Func<int, AuditEntry> entry) => _turns.TakeAsync(async () =>
    {
        var before = Find(slug) ?? throw Unknown(slug);
        if (note?.Length > MostNote)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, string.Create(CultureInfo.InvariantCulture, $"A note has at most {MostNote} characters."));
        var yaml = of is { } number
            ? before.Versions.FirstOrDefault(v => v.Number == number)?.Yaml
                ?? throw new TemplateRefusal(TemplateRefusalCode.Unknown, string.Create(CultureInfo.InvariantCulture, $"The template '{slug}' has no version {number}; the newest {MostVersions} are kept."))
            : before.Draft?.Yaml ?? throw new TemplateRefusal(TemplateRefusalCode.Invalid, $"The template '{slug}' has no draft to publish.");
        check(before, Checked(slug, yaml));
        if (before.Current is { } current && current.Yaml == yaml)
            return of is null ? await KeepAsync(before with { Draft = null }, null, entry(current.Number)) : before;
        var version = new StoredVersion { Number = before.Last + 1, Yaml = yaml, By = by, At = time.GetUtcNow(), Note = note, Of = of };
        return await KeepAsync(
            before with
            {
                Draft = of is null ? null : before.Draft,
                Current = version,
                Versions = [.. before.Versions.Append(version).TakeLast(MostVersions)],
                Last = version.Number,
            },
            version,
            entry(version.Number));
    });

    /// <summary>Removes a draft, or the template with its versions: what is shipped under its slug is used again then.</summary>
    /// <inheritdoc cref="PublishAsync" path="/exception"/>
    public Task<TemplateRecord> RemoveAsync(string slug, bool draftOnly, Action<TemplateRecord> check, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        if (Find(slug) is not { } before)
            throw ShippedTemplates.All.ContainsKey(slug)
                ? new TemplateRefusal(TemplateRefusalCode.ReadOnly, $"The template '{slug}' is shipped with the hub and cannot be removed; publish one of the same slug that is hidden.")
                : Unknown(slug);
        check(before);
        return await KeepAsync(draftOnly ? before with { Draft = null } : before with { Draft = null, Current = null, Versions = [] }, null, entry);
    });

    /// <summary>What there is, for /metrics.</summary>
    public TemplateCounts Count()
    {
        var published = _templates.Values.Where(static t => t.Current is not null).ToList();
        return new TemplateCounts(
            published.Count,
            ShippedTemplates.All.Keys.Count(slug => Find(slug)?.Current is null),
            _templates.Values.Count(static t => t.Draft is not null),
            published.Count(static t => t.Current!.Template is null));
    }

    private static TemplateRefusal Unknown(string slug) => new(TemplateRefusalCode.Unknown, $"There is no template '{slug}' that you may see.");

    private static Template Checked(string slug, string yaml)
    {
        var problems = new TemplateProblems();
        if (TemplateReader.Read(yaml, problems) is not { } template)
        {
            var first = problems.ToList().First(static p => !p.IsWarning);
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, string.Create(CultureInfo.InvariantCulture, $"The template '{slug}' cannot be published: line {first.Line}, column {first.Column}: {first.Sentence}"));
        }

        if (template.Slug != slug)
            throw new TemplateRefusal(TemplateRefusalCode.Invalid, $"The document's slug is '{template.Slug}', and it would be published as '{slug}'; make them the same.");
        return template;
    }

    // Hidden or not: who knows a hidden one's slug may use it.
    private static bool MayUse(Caller caller, StoredVersion version) => version.Template is not { } template ? true : template.IsFor(caller);

    // With the moment at which it was made: a project of the same name, later, finds nothing of this one.
    private string? ProjectHome(string? project) =>
        project is not null && projects.Find(project) is { } found ? string.Create(CultureInfo.InvariantCulture, $"project-{found.Name}-{found.Created.UtcTicks:x}") : null;

    private async Task<TemplateRecord> KeepAsync(TemplateRecord template, StoredVersion? added, AuditEntry entry)
    {
        var next = template with { Revision = template.Revision + 1 };
        await _store.SaveAsync(next, added, entry);
        _templates[next.Slug] = next;
        return next;
    }
}
