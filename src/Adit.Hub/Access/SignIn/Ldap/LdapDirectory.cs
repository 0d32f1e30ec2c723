using System.Formats.Asn1;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Adit.Hub.Access.Accounts;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>
/// A company's directory (LDAP, Active Directory). Somebody signs in so: the hub finds the one entry for the name, and binds as that entry
/// with the password. Each sign-in has a connection of its own and one deadline for all of it; only so many run at one time.
/// </summary>
internal sealed partial class LdapDirectory(LdapOptions options, ExternalAccounts accounts, TimeProvider time, ILogger<LdapDirectory> log) : IPasswordSource
{
    private const int MostAtOnce = 16;
    private const int MostWaiting = 64;
    private const int MostGroups = 200;
    private const int MaxPasswordFile = 4096;

    private readonly SemaphoreSlim _turn = new(MostAtOnce);
    private int _waiting;

    public string Name => options.Name;

    public string Kind => "ldap";

    public string Title => options.Title;

    /// <inheritdoc />
    public async Task<Account> CheckAsync(string name, string password, CancellationToken cancellationToken)
    {
        var person = await AskAsync(token => SignInAsync(name, password, token), cancellationToken) ?? throw LocalPasswords.Wrong();
        GroupNames.EnsureAllowed(options, person.Groups ?? []);
        return await accounts.ReceiveAsync(Name, person);
    }

    /// <summary>Looks somebody up who signed in before, by what the directory calls it for ever; null when it is no longer there.</summary>
    /// <exception cref="SignInRefusal">The directory cannot be asked.</exception>
    public Task<SourcePerson?> FindAsync(string subject, CancellationToken cancellationToken) => AskAsync(
        async token =>
        {
            // Whom the user filter leaves out, such as those disabled there, is as good as gone.
            var users = options.UserFilter.Replace("{name}", "*", StringComparison.Ordinal);
            await using var connection = await ConnectAsync(token);
            return await FindEntryAsync(connection, $"(&{users}({options.IdAttribute}={IdentifierValue(subject)}))", token) is { } entry
                ? await DescribeAsync(connection, entry, token)
                : null;
        },
        cancellationToken);

    private async Task<SourcePerson?> SignInAsync(string name, string password, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        var filter = options.UserFilter.Replace("{name}", LdapFilter.Escape(name), StringComparison.Ordinal);
        if (LdapFilter.Refusal(filter) is not null)
            return null; // No filter is configured that is none: the name is too long for it, and is nobody's.
        if (await FindEntryAsync(connection, filter, cancellationToken) is not { } entry)
            return null;
        try
        {
            await connection.BindAsync(entry.Name, password, cancellationToken);
        }
        catch (LdapException e) when (e.ResultCode == LdapException.InvalidCredentials)
        {
            return null;
        }

        // People often may not see groups.
        if (options.GroupBase is not null)
            await BindAsync(connection, cancellationToken);
        return await DescribeAsync(connection, entry, cancellationToken);
    }

    // Active Directory's identifiers are bytes, which are kept in hexadecimal.
    private string IdentifierValue(string subject) => options.IdAttribute.Equals("objectGUID", StringComparison.OrdinalIgnoreCase)
        ? string.Concat(subject.Chunk(2).Select(static pair => "\\" + new string(pair)))
        : LdapFilter.Escape(subject);

    private async Task<LdapEntry?> FindEntryAsync(LdapConnection connection, string filter, CancellationToken cancellationToken)
    {
        string[] wanted = [options.NameAttribute, options.IdAttribute, options.EmailAttribute, options.DisplayNameAttribute, .. options.GroupsAttribute is { } groups ? [groups] : Array.Empty<string>()];
        var found = await connection.SearchAsync(options.UserBase, filter, wanted, 2, cancellationToken);
        return found switch
        {
            [var entry] when entry.Name.Length > 0 => entry,
            [] => null,
            _ => throw new LdapException("the user filter finds more than one entry for one person, so nobody knows who is meant"),
        };
    }

    private async Task<SourcePerson> DescribeAsync(LdapConnection connection, LdapEntry entry, CancellationToken cancellationToken)
    {
        var id = entry.Identifier(options.IdAttribute)
            ?? throw new LdapException($"the entry {entry.Name} has no {options.IdAttribute}, by which its account would be known; set 'id-attribute'");
        return new SourcePerson(id, entry.Text(options.NameAttribute))
        {
            DisplayName = entry.Text(options.DisplayNameAttribute),
            Email = entry.Text(options.EmailAttribute),
            Groups = GroupNames.Here(options, await GroupsAsync(connection, entry, cancellationToken)),
        };
    }

    private async Task<IEnumerable<IReadOnlyList<string>>> GroupsAsync(LdapConnection connection, LdapEntry entry, CancellationToken cancellationToken)
    {
        if (options.GroupBase is { } root)
        {
            var filter = options.GroupFilter
                .Replace("{dn}", LdapFilter.Escape(entry.Name), StringComparison.Ordinal)
                .Replace("{name}", LdapFilter.Escape(entry.Text(options.NameAttribute) ?? ""), StringComparison.Ordinal);
            var groups = await connection.SearchAsync(root, filter, [options.GroupNameAttribute], MostGroups, cancellationToken);
            return groups.Select(g => (IReadOnlyList<string>)[g.Text(options.GroupNameAttribute) ?? FirstValue(g.Name), g.Name]);
        }

        return options.GroupsAttribute is { } attribute ? entry.Texts(attribute).Select(static dn => (IReadOnlyList<string>)[FirstValue(dn), dn]) : [];
    }

    // cn=ds,ou=groups,dc=… is called ds.
    private static string FirstValue(string dn)
    {
        var first = dn.Split(',')[0];
        return first[(first.IndexOf('=', StringComparison.Ordinal) + 1)..];
    }

    private async Task<LdapConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var url in options.Urls)
        {
            LdapConnection? connection = null;
            try
            {
                // A share for each, so that one that does not answer leaves time for the next.
                using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                using var timer = time.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), share, options.Urls.Count > 1 ? options.Timeout / options.Urls.Count : options.Timeout, Timeout.InfiniteTimeSpan);
                connection = await LdapConnection.OpenAsync(url.IdnHost, url.Port, share.Token);
                if (url.Scheme == "ldaps")
                    await connection.UseTlsAsync(Tls(url), share.Token);
                else if (options.StartTls)
                    await connection.StartTlsAsync(Tls(url), share.Token);
                await BindAsync(connection, share.Token);
                return connection;
            }
            catch (Exception e) when (e is LdapException or SocketException or IOException or AuthenticationException or AsnContentException or OperationCanceledException)
            {
                if (connection is not null)
                    await connection.DisposeAsync();
                cancellationToken.ThrowIfCancellationRequested();
                last = e is OperationCanceledException ? new LdapException($"{url} did not answer in time") : new LdapException($"{url}: {Reason(e)}", cause: e);
            }
        }

        throw last ?? new LdapException("no server is named");
    }

    private Task BindAsync(LdapConnection connection, CancellationToken cancellationToken) =>
        options.BindDn is { } who ? connection.BindAsync(who, ReadPassword(), cancellationToken) : connection.BindAsync("", "", cancellationToken);

    // Read each time, so that a password that was changed needs no restart.
    private string ReadPassword()
    {
        if (options.BindPasswordFile is not { } file)
            throw new LdapException("'bind-dn' has no 'bind-password-file'");
        try
        {
            using var reader = new StreamReader(file);
            var buffer = new char[MaxPasswordFile];
            return new string(buffer, 0, reader.ReadBlock(buffer)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LdapException($"the password file {file} cannot be read: {e.Message}", cause: e);
        }
    }

    private SslClientAuthenticationOptions Tls(Uri url)
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = url.IdnHost };
        if (options.CaFile is { } file)
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            try
            {
                chain.CustomTrustStore.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new LdapException($"the file {file} of 'ca-file' cannot be used: {e.Message}", cause: e);
            }

            tls.CertificateChainPolicy = chain;
        }

        return tls;
    }

    // One deadline for all of it, a bounded number at one time, and one kind of answer for whatever goes wrong: details are for the log.
    private async Task<SourcePerson?> AskAsync(Func<CancellationToken, Task<SourcePerson?>> question, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var isIn = false;
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
                throw new SignInRefusal(SignInRefusalCode.Busy, $"Too many people sign in with {Title} at this moment; try again in a few seconds.");
            await _turn.WaitAsync(either.Token);
            isIn = true;
            return await question(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogTrouble(Name, "it did not answer in time");
            throw new SignInRefusal(SignInRefusalCode.Unreachable, $"{Title} does not answer; try again later. Accounts of the hub itself can sign in.", e);
        }
        catch (Exception e) when (e is LdapException or FormatException)
        {
            LogTrouble(Name, e.Message); // What the directory says may make a filter that is none: too long, say.
            throw new SignInRefusal(
                SignInRefusalCode.Unreachable, $"{Title} cannot be asked; try again later, or ask an admin, who finds the reason in the hub's log. Accounts of the hub itself can sign in.", e);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or AsnContentException)
        {
            LogTrouble(Name, Reason(e));
            throw new SignInRefusal(SignInRefusalCode.Unreachable, $"{Title} cannot be reached; try again later. Accounts of the hub itself can sign in.", e);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            if (isIn)
                _turn.Release();
        }
    }

    private static string Reason(Exception e) => e is AuthenticationException ? "its certificate is not trusted: " + e.Message : e.Message;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The directory {Source} could not be asked: {Reason}")]
    private partial void LogTrouble(string source, string reason);
}
