using System.Formats.Asn1;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>
/// One connection to a directory: the few operations of LDAPv3 (RFC 4511) that finding and checking somebody takes. One operation at a
/// time. What the server sends is bounded in size, and how long it takes by the caller's token.
/// </summary>
internal sealed class LdapConnection : IAsyncDisposable
{
    private const int MaxMessage = 1024 * 1024;
    private const int MaxReceived = 8 * 1024 * 1024;
    private const int SuccessCode = 0;
    private const int SizeLimitExceeded = 4;
    private const string StartTlsName = "1.3.6.1.4.1.1466.20037";

    private static readonly Asn1Tag BindRequest = Application(0);
    private static readonly Asn1Tag BindResponse = Application(1);
    private static readonly Asn1Tag SearchRequest = Application(3);
    private static readonly Asn1Tag SearchEntry = Application(4);
    private static readonly Asn1Tag SearchDone = Application(5);
    private static readonly Asn1Tag SearchReference = Application(19);
    private static readonly Asn1Tag ExtendedRequest = Application(23);
    private static readonly Asn1Tag ExtendedResponse = Application(24);

    private Stream _stream;
    private int _lastId;
    private long _received;

    private LdapConnection(Stream stream) => _stream = stream;

    /// <summary>Connects.</summary>
    public static async Task<LdapConnection> OpenAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            return new LdapConnection(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks the server to go over to TLS (RFC 4511 4.14), and does.</summary>
    /// <exception cref="LdapException">It does not.</exception>
    public async Task StartTlsAsync(SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var id = await SendAsync(
            writer =>
            {
                using (writer.PushSequence(ExtendedRequest))
                    writer.WriteOctetString(Encoding.ASCII.GetBytes(StartTlsName), new Asn1Tag(TagClass.ContextSpecific, 0));
            },
            cancellationToken);
        EnsureSuccess(await ReceiveAsync(id, ExtendedResponse, cancellationToken), "StartTLS");
        await UseTlsAsync(tls, cancellationToken);
    }

    /// <summary>Speaks TLS from here on.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not the server's.</exception>
    public async Task UseTlsAsync(SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var secure = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = secure;
        await secure.AuthenticateAsClientAsync(tls, cancellationToken);
    }

    /// <summary>Becomes somebody, by a simple bind (RFC 4513 5.1); nobody with an empty name.</summary>
    /// <exception cref="LdapException">It is refused.</exception>
    public async Task BindAsync(string name, string password, CancellationToken cancellationToken)
    {
        // A name without a password would be let in as nobody, and look as if the password were right (RFC 4513 5.1.2).
        if (name.Length > 0 && password.Length == 0)
            throw new LdapException("an empty password is none", LdapException.InvalidCredentials);
        var id = await SendAsync(
            writer =>
            {
                using (writer.PushSequence(BindRequest))
                {
                    writer.WriteInteger(3);
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(name));
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(password), new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            },
            cancellationToken);
        EnsureSuccess(await ReceiveAsync(id, BindResponse, cancellationToken), "the bind");
    }

    /// <summary>Searches a whole subtree.</summary>
    /// <param name="root">Below which name.</param>
    /// <param name="filter">RFC 4515.</param>
    /// <param name="attributes">What to tell of each entry.</param>
    /// <param name="most">No more entries than this: the rest is left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LdapException">It is refused, or the answer is none.</exception>
    public async Task<IReadOnlyList<LdapEntry>> SearchAsync(
        string root, string filter, IReadOnlyCollection<string> attributes, int most, CancellationToken cancellationToken)
    {
        var id = await SendAsync(writer => WriteSearch(writer, root, filter, attributes, most), cancellationToken);
        var entries = new List<LdapEntry>();
        while (true)
        {
            var (tag, reader) = await ReceiveAsync(id, cancellationToken);
            if (tag == SearchDone)
            {
                var (code, message) = ReadResult(reader);
                return code is SuccessCode or SizeLimitExceeded ? entries : throw Refused("the search", code, message);
            }

            if (tag == SearchEntry)
            {
                if (entries.Count == most)
                    throw new LdapException($"more than the {most} entries that were asked for came");
                entries.Add(ReadEntry(reader));
            }
            else if (tag != SearchReference)
            {
                throw new LdapException("something else than entries came");
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static void WriteSearch(AsnWriter writer, string root, string filter, IReadOnlyCollection<string> attributes, int most)
    {
        using (writer.PushSequence(SearchRequest))
        {
            writer.WriteOctetString(Encoding.UTF8.GetBytes(root));
            writer.WriteEnumeratedValue(SearchScope.Subtree);
            writer.WriteEnumeratedValue(Dereference.Never);
            writer.WriteInteger(most);
            writer.WriteInteger(10); // Seconds that the server may take; ours are counted here.
            writer.WriteBoolean(false);
            LdapFilter.Write(writer, filter);
            using (writer.PushSequence())
            {
                foreach (var attribute in attributes)
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
            }
        }
    }

    private static LdapEntry ReadEntry(AsnReader reader)
    {
        var entry = reader.ReadSequence(SearchEntry);
        var name = Encoding.UTF8.GetString(entry.ReadOctetString());
        var attributes = new Dictionary<string, IReadOnlyList<byte[]>>(StringComparer.OrdinalIgnoreCase);
        var list = entry.ReadSequence();
        while (list.HasData)
        {
            var pair = list.ReadSequence();
            var attribute = Encoding.UTF8.GetString(pair.ReadOctetString());
            var values = new List<byte[]>();
            for (var set = pair.ReadSetOf(skipSortOrderValidation: true); set.HasData;)
                values.Add(set.ReadOctetString());
            attributes[attribute] = values;
        }

        return new LdapEntry(name, attributes);
    }

    private static (int Code, string Message) ReadResult(AsnReader reader)
    {
        var result = reader.ReadSequence(reader.PeekTag());
        var code = (int)result.ReadEnumeratedValue<ResultCode>();
        result.ReadOctetString();
        return (code, Encoding.UTF8.GetString(result.ReadOctetString()));
    }

    private static void EnsureSuccess(AsnReader reader, string what)
    {
        var (code, message) = ReadResult(reader);
        if (code != SuccessCode)
            throw Refused(what, code, message);
    }

    private static LdapException Refused(string what, int code, string message)
    {
        var said = new string([.. message.Take(200).Where(static c => !char.IsControl(c))]);
        return new LdapException($"{what} was refused with result {code}{(said.Length > 0 ? $" ({said})" : "")}", code);
    }

    private async Task<int> SendAsync(Action<AsnWriter> operation, CancellationToken cancellationToken)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(++_lastId);
            operation(writer);
        }

        await _stream.WriteAsync(writer.Encode(), cancellationToken);
        return _lastId;
    }

    private async Task<AsnReader> ReceiveAsync(int id, Asn1Tag expected, CancellationToken cancellationToken)
    {
        var (tag, reader) = await ReceiveAsync(id, cancellationToken);
        return tag == expected ? reader : throw new LdapException("the answer is one to something else");
    }

    private async Task<(Asn1Tag Tag, AsnReader Reader)> ReceiveAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            var message = new AsnReader(await ReadMessageAsync(cancellationToken), AsnEncodingRules.BER).ReadSequence();
            if (!message.TryReadInt32(out var answers) || answers != id)
                throw new LdapException(answers == 0 ? "the server ended the connection" : "the answer is one to something else");
            return (message.PeekTag(), message);
        }
        catch (AsnContentException e)
        {
            throw new LdapException("what came is not LDAP", cause: e);
        }
    }

    // A SEQUENCE of definite length (RFC 4511 5.1), read by hand so that its length is known before its bytes are taken.
    private async Task<byte[]> ReadMessageAsync(CancellationToken cancellationToken)
    {
        var head = new byte[6];
        await ReadAsync(head.AsMemory(0, 2), cancellationToken);
        var more = head[1] < 0x80 ? 0 : head[1] & 0x7f;
        if (head[0] != 0x30 || more > 4 || head[1] == 0x80)
            throw new LdapException("what came is not LDAP");
        await ReadAsync(head.AsMemory(2, more), cancellationToken);
        var length = more == 0 ? head[1] : 0u;
        for (var i = 0; i < more; i++)
            length = (length << 8) | head[2 + i];
        _received += length;
        if (length > MaxMessage || _received > MaxReceived)
            throw new LdapException("the answer is larger than anything that was asked for");
        var message = new byte[2 + more + (int)length];
        head.AsSpan(0, 2 + more).CopyTo(message);
        await ReadAsync(message.AsMemory(2 + more), cancellationToken);
        return message;
    }

    private async Task ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.ReadExactlyAsync(destination, cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw new LdapException("the server ended the connection", cause: e);
        }
    }

    private static Asn1Tag Application(int number) => new(TagClass.Application, number, isConstructed: true);

    private enum SearchScope
    {
        Subtree = 2,
    }

    private enum Dereference
    {
        Never = 0,
    }

    private enum ResultCode;
}
