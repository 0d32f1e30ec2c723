using System.Net;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Runner.Programs;

namespace Adit.Runner.Tunnels;

/// <summary>
/// One tunnel of a client, from its program's start to its removal: registered with the hub on each link that comes up, under the same
/// name.
/// </summary>
internal sealed class ServedTunnel(TunnelSpec spec, TunnelClient client)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource<TunnelException> _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _name = spec.Name;
    private string? _link;
    private bool _wasUp;

    /// <summary>What was asked for; with its program's port once that is known.</summary>
    public TunnelSpec Spec { get; private set; } = spec;

    /// <summary>The name, or what stands for it until the hub gave one.</summary>
    public string Name => _name ?? "(unnamed)";

    /// <summary>Leave the tunnel on the hub at the end: it is about to be registered with other settings.</summary>
    public bool LeaveAtEnd { get; set; }

    /// <summary>Serves until cancelled.</summary>
    /// <exception cref="TunnelException">The hub will not have it, or its program ended.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var program = Spec.Program is null ? null : await StartProgramAsync(Spec.Program, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var serving = ServeUntilRemovedAsync(stop.Token);
            if (program is null)
            {
                await serving;
                return;
            }

            if (await Task.WhenAny(serving, program.Ended) == serving)
            {
                await serving;
                return;
            }

            await stop.CancelAsync();
            await serving.ContinueWith(static _ => { }, TaskScheduler.Default);
            var code = await program.Ended;
            throw new TunnelException(TunnelFailure.Program, $"The program of tunnel {Name} ended with {code}.") { ExitCode = code };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
        finally
        {
            await LeaveAsync();
        }
    }

    /// <summary>The hub says that somebody removed it: it is not made again, for that would undo what was meant.</summary>
    public void WasRemoved(string? reason)
    {
        if (_wasUp)
            _removed.TrySetResult(new TunnelException(TunnelFailure.Failed, $"The tunnel {Name} was removed{(reason is null ? "" : $" ({reason})")}: nobody reaches it any more."));
    }

    private async Task ServeUntilRemovedAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var serving = ServeAsync(stop.Token);
        if (await Task.WhenAny(serving, _removed.Task) == serving)
        {
            await serving;
            return;
        }

        await stop.CancelAsync();
        await serving.ContinueWith(static _ => { }, TaskScheduler.Default);
        throw await _removed.Task;
    }

    private async Task<LocalProgram> StartProgramAsync(string command, CancellationToken cancellationToken)
    {
        LocalProgram? program = null;
        try
        {
            program = LocalProgram.Start(
                command,
                Spec.Target?.Port ?? 0,
                client.Options.CaptureProgramOutput ? l => client.Report(new ProgramLine(Name, l)) : null,
                client.Options.Time);
            await program.WaitUntilListeningAsync(client.Options.ProgramPatience, cancellationToken);
            var scheme = Spec.Kind == TunnelKind.Http ? TargetScheme.Http : TargetScheme.Tcp;
            Spec = Spec with { Target = (Spec.Target ?? new TunnelTarget(scheme, TunnelTarget.ThisMachine, 0)) with { Port = program.Port } };
            client.TargetsChanged();
            return program;
        }
        catch (ProgramException e)
        {
            if (program is not null)
                await program.DisposeAsync();
            throw new TunnelException(TunnelFailure.Program, e.Message, e) { ExitCode = e.ExitCode };
        }
        catch
        {
            if (program is not null)
                await program.DisposeAsync();
            throw;
        }
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _link = await client.Link.NextAsync(_link, cancellationToken);
            await RegisterAsync(_link, cancellationToken);
        }
    }

    // Until the hub has taken it, or that link is gone.
    private async Task RegisterAsync(string link, CancellationToken cancellationToken)
    {
        var retry = FirstRetry;
        while (client.LinkId == link)
        {
            string reason;
            try
            {
                using var turn = await client.TurnAsync(cancellationToken);
                var tunnel = await client.Api.CreateTunnelAsync(Spec.ToRequest(_name, link), cancellationToken);
                _name = tunnel.Name;
                client.Report(new TunnelUp(tunnel, Spec.Target!.ToString(), _wasUp));
                _wasUp = true;
                return;
            }
            catch (HubApiException e) when (IsFinal(e))
            {
                throw new TunnelException(FailureOf(e), e.Message, e);
            }
            catch (HubApiException e)
            {
                reason = e.Message;
            }
            catch (HttpRequestException e)
            {
                reason = e.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reason = "the hub did not answer in time";
            }

            client.Report(new TunnelDelayed(Name, reason, retry));
            await Task.Delay(retry, client.Options.Time, cancellationToken);
            retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
        }
    }

    // What was up once may fail for a while: a hub that restarts may still hold the name for the old link. A link that is gone is followed
    // by another, and what was removed at the same moment can be made anew.
    private bool IsFinal(HubApiException e) => e.Code switch
    {
        "link-gone" or "removed" => false,
        _ when e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => true,
        "limit-reached" or "ports-exhausted" => !_wasUp,
        _ =>
            !_wasUp
                && (int)e.Status is >= 400 and < 500 and not ((int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests),
    };

    private static TunnelFailure FailureOf(HubApiException e) => e.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => TunnelFailure.NotAuthorized,
        HttpStatusCode.Conflict => TunnelFailure.Taken,
        _ when e.Code == "ports-exhausted" => TunnelFailure.Taken,
        HttpStatusCode.BadRequest => TunnelFailure.Refused,
        _ => TunnelFailure.Failed,
    };

    // An ephemeral tunnel's name is free at once when its last client ends in order; a kept one shows its offline page at once.
    private async Task LeaveAsync()
    {
        if (!_wasUp || LeaveAtEnd || _removed.Task.IsCompleted || _name is null || _link is null || client.LinkId != _link)
            return;
        using var deadline = new CancellationTokenSource(GoodbyeTime, client.Options.Time);
        try
        {
            await client.Api.StopServingAsync(_name, _link, deadline.Token);
        }
        catch (Exception e) when (e is HubApiException or HttpRequestException or OperationCanceledException)
        {
            // The hub sees the link go and holds the name for its grace time.
        }
    }
}
