using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Runners;

/// <summary>Who a runner is (docs/decisions/0009-runner-identity.md): an installation, a token that may be it, and one process at a time.</summary>
internal sealed partial class RunnerRegistry
{
    private const int MostOfAccount = 100;

    // A link that was cut looks alive for a while: as long as a healthy runner never takes to answer.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public IReadOnlyList<string> RunnersOf(string token) =>
        [.. _runners.Values.Where(r => r.Record.Token == token).Select(static r => r.Record.Name).Order(StringComparer.Ordinal)];

    /// <inheritdoc />
    public RevokedToken LeftBy(string token)
    {
        var runners = RunnersOf(token);
        return new RevokedToken { Runners = runners, Tasks = runners.Count == 0 ? [] : _work.Value.TasksOf(runners) };
    }

    private static string HashOf(RunnerHello hello) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hello.Installation)));

    private LiveRunner? Installed(RunnerHello hello)
    {
        var installation = HashOf(hello);
        return _runners.Values.FirstOrDefault(r => r.Record.Installation == installation);
    }

    // In the runner's turn. The process that has the session may come back at any time, by its word; another one may when nobody answers on the
    // link that there is. Otherwise there are two of them, and the tasks are the first one's.
    private async Task RefuseSecondAsync(LiveRunner runner, RunnerHello hello, HubLink link, Caller caller)
    {
        if (runner.Record.Account != caller.Account)
            throw NotYours(runner.Record);
        if (runner.Session is not { } session || session.Link == link || session.Link.Closed.IsCancellationRequested || (hello.Process is not null && hello.Process == session.Process))
            return;
        if (!await session.Control.AnswersAsync(AnswerWithin, link.Closed) || runner.Session != session)
            return;
        var second = (link.Remote as IPEndPoint)?.Address.ToString() ?? "an unknown address";
        runner.Second = new SecondMachine(second, _time.GetUtcNow());
        LogSecond(runner.Record.Name, second, (session.Link.Remote as IPEndPoint)?.Address.ToString() ?? "elsewhere");
        throw new RunnerRefusal(
            RunnerRefusalCode.InUse,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The runner '{runner.Record.Name}' is connected already, since {session.Link.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC, and answers: this is a copy of its data directory. Its tasks were left alone. Give this one a --data and a --name of its own; if it is to take the other's place, end that one first."));
    }

    private async Task<LiveRunner> RegisterAsync(RunnerHello hello, Caller caller)
    {
        await _turn.WaitAsync();
        try
        {
            var runner = Installed(hello);
            var record = RecordOf(hello, caller, runner);
            if (runner is not null && !IsWorthWriting(runner.Record, record))
                return runner; // When it was seen is written from time to time.
            await _store.SaveAsync(record);
            if (runner is null)
            {
                runner = new LiveRunner(record);
                _runners[record.Name] = runner;
                LogRegistered(record.Name, caller.Account);
            }

            runner.Record = record;
            return runner;
        }
        finally
        {
            _turn.Release();
        }
    }

    private RunnerRecord RecordOf(RunnerHello hello, Caller caller, LiveRunner? known)
    {
        var now = _time.GetUtcNow();
        if (known is not null && known.Record.Account != caller.Account)
            throw NotYours(known.Record);
        CheckToken(caller, known);
        if (known?.Record is { } before)
        {
            return before with
            {
                Token = caller.TokenId, Version = hello.Version, Facts = hello.Facts, OwnLabels = hello.Labels, OwnTaints = hello.Taints, OwnIsPrivate = hello.IsPrivate, Seen = now,
            };
        }

        if (_runners.ContainsKey(hello.Name))
        {
            throw new RunnerRefusal(
                RunnerRefusalCode.NameTaken,
                $"There is a runner '{hello.Name}' and this is another installation: give this one another --name, or its old --data; 'adit runner rm {hello.Name}' forgets the other.");
        }

        if (!caller.IsAdmin && _runners.Values.Count(r => r.Record.Account == caller.Account) >= MostOfAccount)
            throw new RunnerRefusal(RunnerRefusalCode.LimitReached, $"The account '{caller.Account}' has {MostOfAccount} runners; remove some first.");
        return new RunnerRecord
        {
            Name = hello.Name,
            Installation = HashOf(hello),
            Account = caller.Account,
            Token = caller.TokenId,
            Version = hello.Version,
            OwnLabels = hello.Labels,
            OwnTaints = hello.Taints,
            OwnIsPrivate = hello.IsPrivate,
            Facts = hello.Facts,
            Created = now,
            Seen = now,
        };
    }

    // Tasks of a runner can read its token: it is of no use for another machine, nor for another runner of the account.
    private void CheckToken(Caller caller, LiveRunner? runner)
    {
        if (caller.MaxRunners is not { } most || runner?.Record.Token == caller.TokenId)
            return;
        var others = RunnersOf(caller.TokenId);
        if (others.Count >= most)
        {
            throw new RunnerRefusal(
                RunnerRefusalCode.TokenBound,
                $"The token '{caller.TokenName}' ({caller.TokenId}) is for {string.Join(", ", others.Select(static o => $"'{o}'"))} and registers no more runners: make one for this machine with 'adit runner token create', or give the runner its old --data.");
        }
    }

    private static RunnerRefusal NotYours(RunnerRecord runner) =>
        new(RunnerRefusalCode.Forbidden, $"The runner '{runner.Name}' belongs to another account; use a token of that account.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A second machine at {Address} says that it is the runner {Name}, which is connected from {First} and answers. It was refused; give it a data directory of its own.")]
    private partial void LogSecond(string name, string address, string first);
}
