using Adit.Api;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Templates;
using Adit.Hub.Tunnels;
using Adit.Link;

namespace Adit.Hub.Tasks;

/// <summary>The addresses of tasks: a tunnel for each port.</summary>
internal sealed class TaskTunnels(ITaskTunnels tunnels, TaskKeepers keepers)
{
    /// <summary>Whether a task may have what it asks for; makes nothing.</summary>
    /// <exception cref="TaskRefusal">It would be too open.</exception>
    public void Check(TaskRecord task)
    {
        try
        {
            for (var i = 0; i < task.Resolved.Ports.Count; i++)
                tunnels.Check(TunnelOf(task, i));
        }
        catch (TunnelRefusal e)
        {
            throw RefusalOf(e);
        }
    }

    /// <summary>Makes what a task has of them and is not there.</summary>
    /// <exception cref="TaskRefusal">A name is taken, or it would be too open; none of them was left.</exception>
    /// <exception cref="Storage.StorageException">One could not be stored; none of them was left.</exception>
    public async Task MakeAsync(TaskRecord task)
    {
        try
        {
            await Task.WhenAll(task.Resolved.Ports.Select((_, i) => tunnels.MakeAsync(TunnelOf(task, i))));
        }
        catch (Exception e) when (e is TunnelRefusal or Storage.StorageException)
        {
            await RemoveAsync(task, "its task could not be made");
            if (e is TunnelRefusal refusal)
                throw RefusalOf(refusal);
            throw;
        }
    }

    /// <summary>After a start of the hub: those that tasks should have are there, and no others.</summary>
    public async Task RestoreAsync(IEnumerable<TaskRecord> tasks)
    {
        var wanted = tasks.ToDictionary(static t => t.Id, StringComparer.Ordinal);
        foreach (var left in tunnels.Names)
        {
            foreach (var name in left.Where(n => !wanted.TryGetValue(left.Key, out var task) || !NamesOf(task).Contains(n)).ToList())
                await tunnels.RemoveAsync(name, left.Key, "its task is gone");
        }

        foreach (var task in wanted.Values)
            await MakeAsync(task);
    }

    /// <summary>Its runner serves it over this link.</summary>
    public void Serve(TaskRecord task, HubLink link)
    {
        foreach (var name in NamesOf(task))
            tunnels.Serve(name, link);
        var keeper = keepers.Of(task.Id);
        if (keeper.Use.Filter is null)
            keeper.Use.Configure(task.Resolved.Idle.Requests, task.Resolved.Idle.WebSocket, IdleFilter.Of(task.Resolved.Idle));
        keeper.Wake();
    }

    /// <summary>Nobody serves it.</summary>
    public void Unserve(TaskRecord task)
    {
        foreach (var name in NamesOf(task))
            tunnels.Unserve(name);
    }

    /// <summary>It has none any more.</summary>
    public async Task RemoveAsync(TaskRecord task, string reason)
    {
        foreach (var name in NamesOf(task))
            await tunnels.RemoveAsync(name, task.Id, reason);
        keepers.Forget(task.Id);
    }

    /// <summary>The tunnels of a task's ports, the main one first.</summary>
    public static IEnumerable<string> NamesOf(TaskRecord task) => task.Resolved.Ports.Select((_, i) => NameOf(task, i));

    private static TaskTunnel TunnelOf(TaskRecord task, int port)
    {
        var of = task.Resolved.Ports[port];
        return new TaskTunnel(NameOf(task, port), task.Id, of.Name, of.IsHttp ? TunnelKind.Http : TunnelKind.Tcp)
        {
            Account = task.Account, Maker = task.Maker, TokenId = task.TokenId, Project = task.Project, Access = task.Resolved.Access, Options = of.Options,
        };
    }

    private static TaskRefusal RefusalOf(TunnelRefusal e) =>
        new(e.Code == TunnelRefusalCode.TooOpen ? TaskRefusalCode.Forbidden : TaskRefusalCode.NameTaken, e.Message);

    private static string NameOf(TaskRecord task, int port) => TaskNames.Tunnel(task.Name, task.Account, port == 0 ? null : task.Resolved.Ports[port].Name);
}
