using System.Collections.Concurrent;
using System.Security.Cryptography;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Tasks.Workspaces;
using Adit.Hub.Templates;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks;

/// <summary>Makes a task of a request: resolved, allowed, placed.</summary>
internal sealed class TaskLaunch(TaskRegistry registry, TaskStore store, ITemplates templates, Authority authority, WorkspaceLaunch workspaces, TaskView view, TimeProvider time)
{
    private const int LongestKey = 100;
    private const int MostNames = 5;

    private readonly ConcurrentDictionary<(string Account, string Key), (string Request, Task<LiveTask> Task)> _underWay = new();

    /// <summary>Starts what is asked for.</summary>
    /// <returns>The task, and whether it is there already from the same request.</returns>
    /// <exception cref="TaskRefusal">It cannot be; nothing was changed.</exception>
    /// <exception cref="TemplateRefusal">The template does not allow it; nothing was changed.</exception>
    /// <exception cref="Storage.StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<(ApiTask Task, bool IsRepeated)> StartAsync(CreateTaskRequest request, string? key, Caller caller, HttpContext context)
    {
        if (key is { Length: 0 or > LongestKey })
            throw new TaskRefusal(TaskRefusalCode.Invalid, $"An Idempotency-Key has 1 to {LongestKey} characters.");
        if (key is null)
            return (Answer(await MakeAsync(request, null, caller, context), context), false);
        var asked = new RequestKey(key, request);
        if (await store.FindByKeyAsync(caller.Account, key) is { } made)
        {
            if (!authority.May(caller, Permission.TasksRead, made.Belonging))
                throw asked.Used();
            asked.CheckSame(made.RequestHash);
            return (registry.Find(made.Id) is { } live ? view.Of(live, context) : view.Of(made, context), true);
        }

        // The same request may come again while the first one is at it: it gets the same task.
        var first = new TaskCompletionSource<LiveTask>(TaskCreationOptions.RunContinuationsAsynchronously);
        var theirs = _underWay.GetOrAdd((caller.Account, key), (asked.Hash, first.Task));
        if (theirs.Task != first.Task)
        {
            asked.CheckSame(theirs.Request);
            return (view.Of(await theirs.Task.WaitAsync(context.RequestAborted), context), true);
        }

        try
        {
            if (await store.FindByKeyAsync(caller.Account, key) is { } before && registry.Find(before.Id) is { } done)
            {
                first.SetResult(done); // One before us was done with it just after we had looked.
                asked.CheckSame(before.RequestHash);
                return (view.Of(done, context), true);
            }

            var task = await MakeAsync(request, asked, caller, context);
            first.SetResult(task);
            return (Answer(task, context), false);
        }
        catch (Exception e)
        {
            if (first.TrySetException(e))
                _ = first.Task.Exception; // Seen, also when nobody else asked.
            throw;
        }
        finally
        {
            _underWay.TryRemove((caller.Account, key), out _);
        }
    }

    private ApiTask Answer(LiveTask task, HttpContext context) =>
        view.Of(task, context) with { Notices = task.Record.Resolved.Notices is { Count: > 0 } notices ? notices : null };

    private async Task<LiveTask> MakeAsync(CreateTaskRequest request, RequestKey? key, Caller caller, HttpContext context)
    {
        CheckProject(request.Project, caller);
        if (request.Name is { } asked)
            return await MakeAsync(asked, request, key, caller, context);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await MakeAsync(FreeName(request.Template, caller.Account), request, key, caller, context);
            }
            catch (TaskRefusal e) when (e.Code == TaskRefusalCode.NameTaken && attempt < MostNames)
            {
                // Another request had the same idea at the same moment.
            }
        }
    }

    private async Task<LiveTask> MakeAsync(string name, CreateTaskRequest request, RequestKey? key, Caller caller, HttpContext context)
    {
        if (TaskNames.Refusal(name) is { } refusal)
            throw new TaskRefusal(TaskRefusalCode.Invalid, refusal);
        var resolved = templates.Resolve(request, caller, new TaskAddress(name, view.Origin(name, caller.Account, context)));
        foreach (var port in resolved.Ports.Skip(1))
        {
            if (TaskNames.TunnelRefusal(name, caller.Account, port.Name) is { } tooLong)
                throw new TaskRefusal(TaskRefusalCode.Invalid, tooLong);
        }

        resolved = await workspaces.GiveAsync(resolved, name, request, caller, context);
        var places = registry.PlacesOf(caller.Account);
        if (places.All(p => Scheduler.Misfit(resolved, p) is not null))
            throw new TaskRefusal(TaskRefusalCode.NeverFits, Scheduler.NeverFits(resolved, places));
        var now = time.GetUtcNow();
        return await registry.AddAsync(new TaskRecord
        {
            Id = "t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            Name = name,
            HoldsName = true,
            Account = caller.Account,
            TokenId = caller.TokenId,
            Maker = caller.TokenName,
            Project = request.Project,
            Resolved = resolved,
            RequestKey = key?.Key,
            RequestHash = key?.Hash,
            IsWanted = true,
            Attempt = 1,
            State = TaskState.Queued,
            Steps = [new TaskStep(TaskState.Queued, now)],
            Created = now,
        });
    }

    private void CheckProject(string? project, Caller caller)
    {
        if (project is not null && !authority.Knows(caller, project))
            throw new TaskRefusal(TaskRefusalCode.ProjectUnknown, $"project '{project}'");
        if (!authority.MayMake(caller, Permission.TasksWrite, project))
        {
            throw new TaskRefusal(TaskRefusalCode.Forbidden, project is null
                ? "This token starts tasks in projects only; name one that it was made for."
                : $"Only members of the project '{project}' start tasks in it, with a token that may; ask one of its maintainers.");
        }
    }

    // jupyter, jupyter-2, …; one's own tasks do not share a name.
    private string FreeName(string template, string account)
    {
        var stem = template.Split('@')[0];
        stem = TaskNames.Refusal(stem) is null ? stem : "task";
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? stem : $"{(stem.Length > 25 ? stem[..25].TrimEnd('-') : stem)}-{number}";
            if (!registry.IsNameTaken(account, name))
                return name;
        }
    }
}
