using System.Buffers;
using System.Text;

namespace Adit.Link;

/// <summary>
/// The hub's half of the request that begins a data connection, read from the bare wire: what the door does with connections that it
/// knows by their first bytes, so that they need not pass through the web server (docs/reference/link.md, "Data connections").
/// </summary>
public static class DataHandshake
{
    /// <summary>The first bytes of every such request.</summary>
    public static ReadOnlySpan<byte> Prefix => "GET /_adit/link/data HTTP/1.1\r\n"u8;

    /// <summary>The answer that turns the connection into a data connection.</summary>
    public static ReadOnlySpan<byte> SwitchingProtocols =>
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: adit-link\r\n\r\n"u8;

    private const int MaxHead = 4096;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Reads the request, redeems its ticket and serves the data connection until it is dead. Answers what is wrong and closes otherwise.
    /// </summary>
    /// <param name="host">Whose tickets they are.</param>
    /// <param name="wire">A new connection, owned from here on.</param>
    /// <param name="time">The clock.</param>
    public static async Task ServeAsync(LinkHost host, Wire wire, TimeProvider time)
    {
        using var admission = await AdmitAsync(host, wire, time);
        if (admission is not null)
            await admission.ServeAsync(wire);
    }

    /// <summary>The ticket of an Authorization header's value; null when it is none.</summary>
    public static string? TicketOf(string? authorization) =>
        authorization is { Length: > 7 and < 128 } && authorization.StartsWith("Ticket ", StringComparison.OrdinalIgnoreCase)
            ? authorization[7..].Trim()
            : null;

    // Null when it came to nothing; the wire is closed then.
    private static async Task<DataAdmission?> AdmitAsync(LinkHost host, Wire wire, TimeProvider time)
    {
        await using var deadline = time.CreateTimer(static w => ((Wire)w!).Abort(), wire, Deadline, Timeout.InfiniteTimeSpan);
        DataAdmission? admission = null;
        try
        {
            var head = await ReadHeadAsync(wire);
            var ticket = head is null ? null : Ticket(head);
            if (ticket is null)
            {
                await RefuseAsync(wire, "400 Bad Request", "This is not the request that begins a data connection.");
                return null;
            }

            admission = host.Redeem(ticket);
            if (admission is null)
            {
                await RefuseAsync(wire, "401 Unauthorized", "The ticket is unknown, used, or older than 30 seconds.");
                return null;
            }

            await wire.SendAsync(SwitchingProtocols.ToArray());
            return admission;
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            admission?.Dispose();
            wire.Abort();
            return null;
        }
    }

    // Reads until the empty line and not a byte beyond: the client sends nothing more before it has our answer.
    private static async Task<string?> ReadHeadAsync(Wire wire)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxHead);
        try
        {
            for (var length = 0; length < MaxHead;)
            {
                var count = await wire.ReceiveAsync(buffer.AsMemory(length, MaxHead - length));
                if (count == 0)
                    return null;
                length += count;
                if (buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                    return Encoding.ASCII.GetString(buffer, 0, length);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? Ticket(string head)
    {
        foreach (var line in head.Split("\r\n").Skip(1))
        {
            if (line.StartsWith("Authorization:", StringComparison.OrdinalIgnoreCase))
                return TicketOf(line["Authorization:".Length..].Trim());
        }

        return null;
    }

    private static async Task RefuseAsync(Wire wire, string status, string sentence)
    {
        await wire.SendAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: "
                + $"{sentence.Length + 1}\r\n\r\n{sentence}\n"));
        wire.Close();
    }
}
