using System.Diagnostics;
using Adit.Hub.Edge.Door;

namespace Adit.Hub.Tests.Edge.Door;

public sealed class ClientHelloTests
{
    [Fact]
    public async Task A_real_clients_hello_is_read()
    {
        var bytes = await ClientHellos.RealAsync("Demo.Example.org", "h2", "adit-link");
        var hello = ClientHello.Read(bytes);
        Assert.Equal(new ClientHello(ClientHelloState.Complete, "demo.example.org", true, false), hello);
    }

    [Fact]
    public void A_challenge_offers_acme_alone()
    {
        Assert.True(ClientHello.Read(ClientHellos.Build("a.example", ["acme-tls/1"])).OffersAcme);
        Assert.False(ClientHello.Read(ClientHellos.Build("a.example", ["acme-tls/1", "h2"])).OffersAcme);
    }

    [Fact]
    public void A_hello_without_extensions_or_with_an_odd_name_has_no_name()
    {
        Assert.Equal(ClientHelloState.Complete, ClientHello.Read(ClientHellos.Build(null, [])).State);
        Assert.Null(ClientHello.Read(ClientHellos.Build("a/b", [])).ServerName);
        Assert.Null(ClientHello.Read(ClientHellos.Build(new string('a', 254), [])).ServerName);
        Assert.Equal("a.example", ClientHello.Read(ClientHellos.Build("A.example.", [])).ServerName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(16384)]
    public void A_hello_split_over_records_is_joined_wherever_it_is_cut(int fragment)
    {
        var whole = ClientHellos.Build("split.example", ["h2", "adit-link"], padding: 400, fragment);
        for (var length = 0; length < whole.Length; length++)
            Assert.Equal(ClientHelloState.Incomplete, ClientHello.Read(whole.AsSpan(0, length).ToArray()).State);
        var hello = ClientHello.Read([.. whole, 1, 2, 3]);
        Assert.Equal(new ClientHello(ClientHelloState.Complete, "split.example", true, false), hello);
    }

    [Fact]
    public void What_is_not_TLS_is_told_apart_from_what_is_broken()
    {
        Assert.Equal(ClientHelloState.NotTls, ClientHello.Read("GET / HTTP/1.1"u8.ToArray()).State);
        Assert.Equal(ClientHelloState.Malformed, ClientHello.Read([22, 2, 0, 0, 1, 1]).State);
        Assert.Equal(ClientHelloState.Malformed, ClientHello.Read([22, 3, 1, 0, 0, 22, 3, 1]).State);
        Assert.Equal(ClientHelloState.Malformed, ClientHello.Read([22, 3, 1, 0xFF, 0xFF, 1]).State);
        Assert.Equal(ClientHelloState.Malformed, ClientHello.Read([22, 3, 1, 0, 4, 2, 0, 0, 0]).State);
        Assert.Equal(ClientHelloState.Malformed, ClientHello.Read([22, 3, 1, 0, 1, 1, 23, 3, 1]).State);
    }

    [Fact]
    public void Two_server_names_or_two_lists_of_protocols_are_refused()
    {
        var one = ClientHellos.Build("a.example", ["h2"]);
        var hello = ClientHello.Read(Duplicate(one, "a.example".Length + 9));
        Assert.Equal(ClientHelloState.Malformed, hello.State);

        // Repeats the first extension: its bytes come right after the fixed part of 43 bytes and the length of all.
        static byte[] Duplicate(byte[] record, int extension)
        {
            const int First = 5 + 4 + 34 + 1 + 4 + 2 + 2;
            byte[] grown = [.. record[..First], .. record[First..(First + extension)], .. record[First..]];
            Grow(grown, 3, extension);
            Grow(grown, 7, extension);
            Grow(grown, First - 2, extension);
            return grown;
        }

        static void Grow(byte[] bytes, int at, int by)
        {
            var sum = (bytes[at] << 8) + bytes[at + 1] + by;
            (bytes[at], bytes[at + 1]) = ((byte)(sum >> 8), (byte)sum);
        }
    }

    [Fact]
    public async Task Mutated_hellos_never_break_the_reader()
    {
        byte[][] seeds =
        [
            await ClientHellos.RealAsync("fuzz.example", "h2", "http/1.1"),
            ClientHellos.Build("fuzz.example", ["adit-link"], padding: 30, fragment: 11),
            ClientHellos.Build("fuzz.example", ["acme-tls/1"]),
        ];
        const int Seed = 20260704;
        var random = new Random(Seed);
        var clock = Stopwatch.StartNew();
        var rounds = 0;
        for (; rounds < 200_000 && clock.Elapsed < TimeSpan.FromSeconds(5); rounds++)
        {
            var bytes = seeds[rounds % seeds.Length].ToArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var cut = random.Next(4) == 0 ? random.Next(bytes.Length + 1) : bytes.Length;
            var hello = ClientHello.Read(bytes.AsSpan(0, cut));
            Assert.True(hello.ServerName is null or { Length: > 0 and <= 253 }, $"seed {Seed}, round {rounds}");
        }

        Assert.True(rounds > 1000);
    }

    [Fact]
    public void Reading_allocates_for_the_name_only()
    {
        var template = ClientHellos.Build("a.example", ["h2"], padding: 20_000, fragment: 5000);
        var bytes = template.ToArray();
        ClientHello.Read(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            template.CopyTo(bytes, 0);
            ClientHello.Read(bytes);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 100);
    }
}
