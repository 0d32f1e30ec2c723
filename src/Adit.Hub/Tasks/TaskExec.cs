using System.Net.WebSockets;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Http;
using Adit.Hub.Runners;
using Adit.Hub.Tasks.Waiting;
using Adit.Link;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks;

/// <summary>
/// GET /api/v1/tasks/{task}/exec, a WebSocket of subprotocol <c>adit-exec</c>: a command beside a task. The hub lets in and carries bytes; what
/// they say is between client and runner (docs/reference/runner.md, "Exec").
/// </summary>
internal sealed class TaskExec(TaskRegistry registry, TaskRights rights, IRunners runners, Callers callers, TaskKeepers keepers, AuditLog audit, TimeProvider time)
{
    /// <summary>The subprotocol.</summary>
    public const string SubProtocol = "adit-exec";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>Serves one command to its end.</summary>
    public async Task ServeAsync(string task, HttpContext context)
    {
        if (await AdmitAsync(task, context) is not var (link, record))
            return;
        var id = record.Id;
        if (keepers.Find(id) is { Sleeps: true } && keepers.Waker is { } wake)
            await wake(id, "a command is run beside it", context.RequestAborted);
        LinkStream stream;
        try
        {
            stream = await AskRunnerAsync(link, id, context);
        }
        catch (TimeoutException)
        {
            await Problems.Of(
                StatusCodes.Status503ServiceUnavailable, "runner-silent",
                $"The task's runner does not answer, and nothing was run: its machine is stopped or overloaded. See it with 'adit runner ls', and try again when it is back.").ExecuteAsync(context);
            return;
        }
        catch (LinkStreamException e)
        {
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, "runner-away", $"The task's runner could not be asked: {e.Message}").ExecuteAsync(context);
            return;
        }

        await using var runner = stream.AsStream();
        await audit.RecordAsync(TaskAudit.By(context.Caller(), "task.exec", record, context.Address())); // Before the client can say what is to be run.
        using var socket = await context.WebSockets.AcceptWebSocketAsync(SubProtocol);
        await using var client = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var who = context.Caller().TokenId;
        await using var watch = time.CreateTimer(
            _ =>
            {
                // A token that was revoked, or that may no longer: the command ends as if its client had left.
                if (callers.Find(who) is not { } still || registry.Find(id) is not { } live || !rights.MayChange(still, live.Record))
                    stream.Reset(ResetCode.Cancelled, "Whoever ran the command may not any more.");
                else
                    keepers.Of(id).Use.Sent(); // Somebody is there.
            },
            null,
            LookEvery,
            LookEvery);
        var there = CopyAsync(client, runner, over.Token);
        var back = CopyAsync(runner, client, over.Token);
        if (await Task.WhenAny(there, back) == there)
            stream.Reset(ResetCode.Cancelled, "The client has left.");
        await over.CancelAsync();
        await Task.WhenAll(there, back);
    }

    // The link of a runner that is halted stands for a while, and takes whatever is sent.
    private async Task<LinkStream> AskRunnerAsync(HubLink link, string task, HttpContext context)
    {
        using var deadline = new CancellationTokenSource(AnswerWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, context.RequestAborted);
        LinkStream? stream = null;
        try
        {
            stream = await link.OpenAsync(new OpenRequest { Target = "exec:" + task, From = context.Address() }, either.Token);
            await stream.WaitOpenedAsync().AsTask().WaitAsync(either.Token);
            return stream;
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                stream.Reset(ResetCode.Cancelled, deadline.IsCancellationRequested ? "The runner did not answer in time." : "The client has left.");
                await stream.DisposeAsync();
            }

            if (e is OperationCanceledException && deadline.IsCancellationRequested)
                throw new TimeoutException();
            throw;
        }
    }

    // Whoever may not is answered here, and so is what has no runner now: null then.
    private async Task<(HubLink Link, TaskRecord Record)?> AdmitAsync(string task, HttpContext context)
    {
        var caller = context.Caller();
        var found = await rights.FindAsync(task, caller);
        var refusal = found switch
        {
            (null, null) => Problems.NotFound($"task '{task}'"),
            (null, _) => Problems.Conflict("ended", $"The task '{task}' has ended."),
            ({ } live, _) when !rights.MayChange(caller, live.Record) => TaskRights.ReadOnly(live.Record),
            _ when !context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(SubProtocol) || caller.IsSession =>
                Problems.Invalid($"A command is run over a WebSocket of subprotocol {SubProtocol}, with a token."),
            ({ } live, _) when live.Record.HasEnded => Problems.Conflict("ended", $"The task '{task}' has ended."),
            _ => null,
        };
        var record = found.Live?.Record;
        var link = record?.Runner is { } name ? runners.Find(name)?.Session?.Link : null;
        if (refusal is null && link is null)
            refusal = Problems.Of(StatusCodes.Status503ServiceUnavailable, "runner-away", $"The task '{task}' has no runner that is there now.");
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return null;
        }

        return (link!, record!);
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, 32 * 1024, cancellationToken);
        }
        catch (Exception e) when (e is IOException or WebSocketException or LinkStreamException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; the other is told.
        }
    }
}
