using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>
/// Looks those up again, now and then, whom a directory vouches for: brings their groups up to date, and disables who is no longer there, or
/// in none of the groups that may come in, since their sessions and tokens would go on otherwise. When many are gone at once the directory is taken to be wrong, and nothing is done.
/// </summary>
internal sealed partial class LdapSync(
    LdapOptions options, LdapDirectory ldap, AccountDirectory accounts, ExternalAccounts external, AuditLog audit, TimeProvider time, ILogger<LdapSync> log)
    : BackgroundService
{
    private const int FewEnough = 3;
    private const double MostGone = 0.2;

    /// <summary>Whose people it looks up.</summary>
    public string Source => options.Name;

    /// <summary>One round. Returns who was disabled.</summary>
    public async Task<IReadOnlyList<string>> RunOnceAsync(CancellationToken cancellationToken)
    {
        Account[] known = [.. accounts.All.Where(a => a.Source == options.Name && a is { IsActive: true, Subject: not null })];
        var gone = new List<Account>();
        foreach (var account in known)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await ldap.FindAsync(account.Subject!, cancellationToken) is not { } person || !GroupNames.IsAllowed(options, person.Groups ?? []))
                    gone.Add(account);
                else if (person.Subject == account.Subject)
                    await external.ReceiveAsync(options.Name, person);
            }
            catch (SignInRefusal e) when (e.Code is SignInRefusalCode.Disabled)
            {
                // An admin was faster.
            }
        }

        if (gone.Count > FewEnough && gone.Count > known.Length * MostGone)
        {
            LogTooMany(options.Name, gone.Count, known.Length);
            return [];
        }

        foreach (var account in gone)
            await DisableAsync(account);
        return [.. gone.Select(static a => a.Name)];
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.SyncEvery <= TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(options.SyncEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await RunQuietlyAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    private async Task RunQuietlyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunOnceAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException) // Whatever it is, it ends neither the hub nor the next round.
        {
            LogSkipped(options.Name, e.Message);
        }
    }

    private async Task DisableAsync(Account account)
    {
        try
        {
            await accounts.ChangeAsync(account.Name, static a => a with { State = AccountState.Disabled });
            await audit.RecordAsync(new AuditEntry("account.disable") { Via = "source:" + options.Name, Target = "account:" + account.Name });
            LogGone(options.Name, account.Name);
        }
        catch (AccountRefusal e)
        {
            LogKept(account.Name, options.Name, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The directory {Source} no longer has {Account}, which is disabled now.")]
    private partial void LogGone(string source, string account);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Account} is no longer in the directory {Source} and stays all the same: {Reason}")]
    private partial void LogKept(string account, string source, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The directory {Source} no longer has {Gone} of {Known} accounts. That is more than happens by itself, so nothing is done: look at its user-base and user-filter.")]
    private partial void LogTooMany(string source, int gone, int known);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Those whom {Source} vouches for could not be looked up: {Reason}")]
    private partial void LogSkipped(string source, string reason);
}
