using System.Runtime.InteropServices;

namespace Carrick.Storage.Search;

/// <summary>What can be searched for, as hashes. They are stored in blocks, so they never change: FNV-1a over UTF-16, mixed by the last step of MurmurHash3.</summary>
internal static class SearchWord
{
    public static ulong Type(string type) => Mix(Add(Start('t'), type));

    public static ulong Integration(int integration) => Mix(Add(Start('i'), integration));

    public static ulong IntegrationAndType(int integration, string type) => Mix(Add(Add(Start('p'), integration), type));

    public static ulong Subject(string subject) => Mix(Add(Start('s'), subject));

    public static ulong Consumer(int consumer) => Mix(Add(Start('c'), consumer));

    private static ulong Start(char kind) => Add(14_695_981_039_346_656_037, kind);

    private static ulong Add(ulong hash, int number) => (hash ^ (uint)number) * 1_099_511_628_211;

    private static ulong Add(ulong hash, string text)
    {
        foreach (var unit in MemoryMarshal.Cast<char, ushort>(text.AsSpan()))
        {
            hash = (hash ^ unit) * 1_099_511_628_211;
        }

        return hash;
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
